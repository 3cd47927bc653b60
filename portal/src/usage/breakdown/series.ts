import { addDays, daysIn, eachDay, type Period } from '../period/period.ts';
import type { Dimension, UsageRow } from '../usage-query.ts';
import { labelOf } from '../words.ts';

export interface Amount {
  readonly hours: number;
  readonly count: number;
}

/** One layer of the chart. */
export interface Series {
  readonly key: string;
  readonly label: string;
  readonly total: Amount;
  /** All values together that have no layer of their own. */
  readonly isOther: boolean;
}

/** A day, or a week where the period is long. */
export interface Bucket {
  readonly since: string;
  readonly until: string;
  /** In the order of the series. */
  readonly amounts: readonly Amount[];
  readonly total: Amount;
}

export interface Breakdown {
  readonly series: readonly Series[];
  readonly buckets: readonly Bucket[];
  readonly total: Amount;
  readonly isByWeek: boolean;
}

/** More layers than this cannot be told apart. */
const MAX_SERIES = 8;
/** Longer periods are shown by week: the bars of days would be thinner than the eye sees. */
const MAX_DAY_BUCKETS = 92;
const OTHER = 'other values';
const NOTHING: Amount = { hours: 0, count: 0 };

/** Usage as the chart and the tables show it: the largest values first, the small ones together. */
export function breakdownOf(rows: readonly UsageRow[], period: Period, by: Dimension): Breakdown {
  const values = [...Map.groupBy(rows, (row) => row.value)]
    .map(([key, own]) => ({ key, label: own[0]?.label ?? key, total: sumOf(own.map(amountOf)) }))
    .sort((a, b) => b.total.hours - a.total.hours || a.key.localeCompare(b.key));
  const shown = values.length > MAX_SERIES ? values.slice(0, MAX_SERIES - 1) : values;
  const others = values.slice(shown.length);
  const series: Series[] = shown.map(({ key, label, total }) => ({
    key,
    label: labelOf(by, key, label, isShared(label, values)),
    total,
    isOther: false,
  }));
  if (others.length > 0) {
    const total = sumOf(others.map((one) => one.total));
    series.push({ key: OTHER, label: `Other (${others.length})`, total, isOther: true });
  }
  return {
    series,
    buckets: bucketsOf(rows, spansOf(period), series),
    total: sumOf(series.map((one) => one.total)),
    isByWeek: isByWeek(period),
  };
}

const isShared = (label: string, values: readonly { readonly label: string }[]): boolean =>
  values.filter((one) => one.label === label).length > 1;

const amountOf = (row: UsageRow): Amount => ({ hours: row.duration_hrs, count: row.count });

const sumOf = (amounts: readonly Amount[]): Amount =>
  amounts.reduce(
    (sum, { hours, count }) => ({ hours: sum.hours + hours, count: sum.count + count }),
    NOTHING,
  );

export const isByWeek = (period: Period): boolean => daysIn(period) > MAX_DAY_BUCKETS;

/** The days of a period, or its weeks from Monday to Sunday. */
function spansOf(period: Period): Period[] {
  const days = eachDay(period);
  if (!isByWeek(period)) return days.map((day) => ({ since: day, until: day }));
  return [...Map.groupBy(days, mondayOf).values()].map((week) => ({
    since: week[0] ?? '',
    until: week.at(-1) ?? '',
  }));
}

const mondayOf = (day: string): string => addDays(day, -((new Date(day).getUTCDay() + 6) % 7));

function bucketsOf(rows: readonly UsageRow[], spans: readonly Period[], series: readonly Series[]): Bucket[] {
  const places = new Map(series.map(({ key }, index) => [key, index]));
  const other = places.get(OTHER);
  return spans.map(({ since, until }) => {
    const own = rows.filter(({ day }) => day >= since && day <= until);
    const bySeries = Map.groupBy(own, ({ value }) => places.get(value) ?? other);
    const amounts = series.map((_, index) => sumOf((bySeries.get(index) ?? []).map(amountOf)));
    return { since, until, amounts, total: sumOf(amounts) };
  });
}
