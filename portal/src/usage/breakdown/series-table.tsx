import { type Column, Table } from '../../ui/data/table.tsx';
import type { Dimension } from '../usage-query.ts';
import { DIMENSION_WORDS, formatAudio, formatCount, formatShare } from '../words.ts';
import styles from './breakdown.module.css';
import type { Breakdown, Series } from './series.ts';
import { SeriesMark } from './series-mark.tsx';

interface SeriesTableProps {
  readonly breakdown: Breakdown;
  readonly by: Dimension;
}

/** The layers of the chart with their totals; also its legend. */
export function SeriesTable({ breakdown, by }: SeriesTableProps) {
  const { series, total } = breakdown;
  const columns: readonly Column<Series>[] = [
    {
      key: 'name',
      header: DIMENSION_WORDS[by],
      isName: true,
      cell: (one) => (
        <span className={styles.layer}>
          <SeriesMark index={series.indexOf(one)} />
          {one.label}
        </span>
      ),
    },
    { key: 'audio', header: 'Audio', align: 'end', cell: (one) => formatAudio(one.total.hours) },
    { key: 'count', header: 'Jobs and sessions', align: 'end', cell: (one) => formatCount(one.total.count) },
    {
      key: 'share',
      header: 'Share of audio',
      align: 'end',
      cell: (one) => formatShare(total.hours === 0 ? 0 : one.total.hours / total.hours),
    },
  ];
  const label = `Totals by ${DIMENSION_WORDS[by]}`;
  return <Table label={label} columns={columns} rows={series} rowKey={(one) => one.key} />;
}
