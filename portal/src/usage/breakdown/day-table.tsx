import type { ReactNode } from 'react';
import { VisuallyHidden } from '../../ui/layout/visually-hidden.tsx';
import { formatAudio, formatCount, formatDaysInFull } from '../words.ts';
import styles from './breakdown.module.css';
import type { Amount, Breakdown, Bucket, Series } from './series.ts';
import { SeriesMark } from './series-mark.tsx';
import type { Measure } from './usage-chart.tsx';

interface DayTableProps {
  readonly breakdown: Breakdown;
  readonly measure: Measure;
}

/** The numbers of the chart: a row for each bar that is not empty, the newest first. */
export function DayTable({ breakdown, measure }: DayTableProps) {
  const { series, buckets, isByWeek } = breakdown;
  const columns = series.length > 1 ? layersOf(series, measure) : MEASURES;
  const label = `Usage by ${isByWeek ? 'week' : 'day'}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that is too large is scrolled by keyboard
    <section className={styles.scroll} aria-label={label} tabIndex={0}>
      <table className={styles.days}>
        <caption>
          <VisuallyHidden>{label}</VisuallyHidden>
        </caption>
        <thead>
          <tr>
            <th scope="col">{isByWeek ? 'Week' : 'Day'}</th>
            {columns.map((column) => (
              <th key={column.key} scope="col">
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {buckets
            .filter(({ total }) => total.count > 0)
            .reverse()
            .map((bucket) => (
              <tr key={bucket.since}>
                <th scope="row">{formatDaysInFull(bucket.since, bucket.until)}</th>
                {columns.map(({ key, cell }) => (
                  <td key={key}>{cell(bucket)}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}

interface AmountColumn {
  readonly key: string;
  readonly header: ReactNode;
  readonly cell: (bucket: Bucket) => ReactNode;
}

/** Both measures, where there is room for them. */
const MEASURES: readonly AmountColumn[] = [
  { key: 'hours', header: 'Audio', cell: ({ total }) => formatAudio(total.hours) },
  { key: 'count', header: 'Jobs and sessions', cell: ({ total }) => formatCount(total.count) },
];

/** A column for each layer, and the total. */
function layersOf(series: readonly Series[], measure: Measure): readonly AmountColumn[] {
  const words = ({ hours, count }: Amount) => (measure === 'hours' ? formatAudio(hours) : formatCount(count));
  const layers = series.map(
    (one, index): AmountColumn => ({
      key: one.key,
      header: (
        <span className={styles.layer}>
          <SeriesMark index={index} />
          {one.label}
        </span>
      ),
      cell: ({ amounts }) => {
        const amount = amounts[index];
        // What is nothing steps back behind what is something.
        return amount === undefined || amount.count === 0 ? (
          <span className={styles.nothing}>0</span>
        ) : (
          words(amount)
        );
      },
    }),
  );
  const total: AmountColumn = {
    key: 'total of all',
    header: 'Total',
    cell: (bucket) => <strong>{words(bucket.total)}</strong>,
  };
  return [...layers, total];
}
