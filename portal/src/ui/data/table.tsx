import type { ReactNode } from 'react';
import { Skeleton } from '../feedback/skeleton.tsx';
import { ArrowDownIcon, ArrowUpIcon } from '../icons/icons.tsx';
import { VisuallyHidden } from '../layout/visually-hidden.tsx';
import styles from './table.module.css';

export interface Column<Row> {
  readonly key: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: 'start' | 'end';
  /** Any CSS width. */
  readonly width?: string;
  readonly isSortable?: boolean;
  /** The name of the row: the head of its card on a phone. */
  readonly isName?: boolean;
  /** Buttons: the header is for screen readers alone. */
  readonly isActions?: boolean;
}

export interface Sort {
  readonly column: string;
  readonly isDescending: boolean;
}

interface TableProps<Row> {
  /** What the table lists, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly sort?: Sort;
  readonly onSort?: (sort: Sort) => void;
  /** Shows this many grey rows in place of the rows. */
  readonly skeletonRows?: number | undefined;
}

/** A table that becomes a list of cards on a phone. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, rowKey, skeletonRows } = props;
  return (
    <div className={styles.frame} aria-busy={skeletonRows === undefined ? undefined : true}>
      <table className={styles.table}>
        <caption>
          <VisuallyHidden>{label}</VisuallyHidden>
        </caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {skeletonRows === undefined
            ? rows.map((row) => <BodyRow key={rowKey(row)} columns={columns} row={row} />)
            : Array.from({ length: skeletonRows }, (_, index) => (
                <SkeletonRow key={String(index)} columns={columns} />
              ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeaderCellProps<Row> {
  readonly column: Column<Row>;
  readonly sort: Sort | undefined;
  readonly onSort: ((sort: Sort) => void) | undefined;
}

function HeaderCell<Row>({ column, sort, onSort }: HeaderCellProps<Row>) {
  const direction =
    sort?.column === column.key ? (sort.isDescending ? 'descending' : 'ascending') : undefined;
  const style = column.width === undefined ? undefined : { width: column.width };
  if (column.isActions) {
    return (
      <th scope="col" style={style}>
        <VisuallyHidden>{column.header}</VisuallyHidden>
      </th>
    );
  }
  if (!column.isSortable || onSort === undefined) {
    return (
      <th scope="col" style={style} data-align={column.align}>
        {column.header}
      </th>
    );
  }
  const press = () => onSort({ column: column.key, isDescending: direction === 'ascending' });
  return (
    <th scope="col" style={style} data-align={column.align} aria-sort={direction}>
      <button type="button" className={styles.sort} onClick={press}>
        {column.header}
        <span className={styles.arrow} data-is-shown={direction !== undefined}>
          {direction === 'descending' ? <ArrowDownIcon size={12} /> : <ArrowUpIcon size={12} />}
        </span>
      </button>
    </th>
  );
}

function BodyRow<Row>({ columns, row }: { readonly columns: readonly Column<Row>[]; readonly row: Row }) {
  return (
    <tr>
      {columns.map((column) =>
        column.isName ? (
          <th key={column.key} scope="row" className={styles.name}>
            {column.cell(row)}
          </th>
        ) : (
          <td
            key={column.key}
            data-label={column.isActions ? undefined : column.header}
            data-align={column.align}
            data-actions={column.isActions || undefined}
          >
            {column.cell(row)}
          </td>
        ),
      )}
    </tr>
  );
}

function SkeletonRow<Row>({ columns }: { readonly columns: readonly Column<Row>[] }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row is not focusable, and this one has nothing in it
    <tr aria-hidden="true">
      {columns.map((column) => (
        <td key={column.key} className={column.isName ? styles.name : undefined}>
          <Skeleton width={column.isActions ? 24 : '70%'} height="20px" />
        </td>
      ))}
    </tr>
  );
}
