import {
  Bar,
  BarChart,
  CartesianGrid,
  ResponsiveContainer,
  Tooltip,
  type TooltipContentProps,
  XAxis,
  YAxis,
} from 'recharts';
import { axisUnit, formatAudio, formatCount, formatDays, formatDaysInFull, formatTick } from '../words.ts';
import styles from './breakdown.module.css';
import type { Amount, Breakdown, Bucket } from './series.ts';
import { SeriesMark, useFill } from './series-mark.tsx';

export type Measure = keyof Amount;

interface UsageChartProps {
  readonly breakdown: Breakdown;
  readonly measure: Measure;
  /** What the chart shows, for screen readers; the numbers are in the tables below. */
  readonly label: string;
}

/** Bars by day or week, with a layer for each series. */
export function UsageChart({ breakdown, measure, label }: UsageChartProps) {
  const fill = useFill();
  const { series, buckets } = breakdown;
  const { perHour, unit } = axisUnit(Math.max(0, ...buckets.map(({ total }) => total.hours)));
  const isAudio = measure === 'hours';
  const heightOf = (amount: Amount | undefined) => (amount?.[measure] ?? 0) * (isAudio ? perHour : 1);
  return (
    <div className={styles.plot} role="img" aria-label={label}>
      <ResponsiveContainer width="100%" height="100%">
        <BarChart
          data={[...buckets]}
          accessibilityLayer={false}
          margin={{ top: 8, right: 0, bottom: 0, left: 0 }}
        >
          <CartesianGrid vertical={false} stroke="var(--border)" />
          <XAxis
            dataKey={({ since, until }: Bucket) => formatDays(since, until)}
            tick={TICK}
            tickLine={false}
            axisLine={{ stroke: 'var(--border-strong)' }}
            minTickGap={24}
          />
          <YAxis
            tick={TICK}
            tickLine={false}
            axisLine={false}
            width={56}
            allowDecimals={isAudio}
            tickFormatter={(value: number) => (isAudio ? formatTick(value, unit) : formatCount(value))}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ fill: 'var(--surface-hover)' }}
            content={(props) => <ChartTooltip {...props} breakdown={breakdown} measure={measure} />}
          />
          {series.map((one, index) => (
            <Bar
              key={one.key}
              stackId="all"
              name={one.label}
              dataKey={({ amounts }: Bucket) => heightOf(amounts[index])}
              fill={fill(index)}
              stroke="var(--surface)"
              strokeWidth={series.length > 1 ? 0.5 : 0}
              maxBarSize={48}
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}

const TICK = { fill: 'var(--text-muted)', fontSize: 12 };

type ChartTooltipProps = Pick<TooltipContentProps, 'active' | 'activeIndex'> &
  Pick<UsageChartProps, 'breakdown' | 'measure'>;

/** The numbers of the bar under the pointer. */
function ChartTooltip({ active, activeIndex, breakdown, measure }: ChartTooltipProps) {
  const bucket = breakdown.buckets[Number(activeIndex)];
  if (!active || bucket === undefined) return null;
  const words = (amount: Amount | undefined) =>
    measure === 'hours' ? formatAudio(amount?.hours ?? 0) : formatCount(amount?.count ?? 0);
  const shown = breakdown.series
    .map((series, index) => ({ series, index, amount: bucket.amounts[index] }))
    .filter(({ amount }) => (amount?.count ?? 0) > 0);
  return (
    <div className={styles.tooltip}>
      <p className={styles.tooltipDay}>{formatDaysInFull(bucket.since, bucket.until)}</p>
      {breakdown.series.length > 1
        ? shown.map(({ series, index, amount }) => (
            <p key={series.key} className={styles.tooltipRow}>
              <SeriesMark index={index} />
              <span className={styles.tooltipName}>{series.label}</span>
              <span>{words(amount)}</span>
            </p>
          ))
        : null}
      <p className={styles.tooltipRow}>
        <span className={styles.tooltipName}>Total</span>
        <strong>{words(bucket.total)}</strong>
      </p>
    </div>
  );
}
