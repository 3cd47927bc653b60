/** UTC days as `YYYY-MM-DD`, both inclusive. */
export interface Period {
  readonly since: string;
  readonly until: string;
}

export const PRESETS = ['7', '30', '90', '365', 'month', 'last-month'] as const;
export type Preset = (typeof PRESETS)[number];

const DAY_MS = 86_400_000;
const DEFAULT: Preset = '30';

/** The longest period that is shown at once. */
const MAX_DAYS = 366;

export const utcToday = (): string => new Date().toISOString().slice(0, 10);

export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/** How many days a period has; not a number when one of them does not exist. */
export const daysIn = ({ since, until }: Period): number =>
  (Date.parse(until) - Date.parse(since)) / DAY_MS + 1;

/** The period that a preset stands for on a day. */
export function presetPeriod(preset: Preset, today: string): Period {
  const firstOfMonth = `${today.slice(0, 7)}-01`;
  if (preset === 'month') return { since: firstOfMonth, until: today };
  if (preset === 'last-month') {
    const until = addDays(firstOfMonth, -1);
    return { since: `${until.slice(0, 7)}-01`, until };
  }
  return { since: addDays(today, 1 - Number(preset)), until: today };
}

/** The preset that means the same days, if there is one. */
export const presetOf = ({ since, until }: Period, today: string): Preset | undefined =>
  PRESETS.find((preset) => {
    const period = presetPeriod(preset, today);
    return period.since === since && period.until === until;
  });

/** The period in the address. Days left out are those of the last 30; what is no period is one of its own. */
export function periodOf(asked: Partial<Period>, today: string): Period {
  const until = asked.until ?? today;
  const since = asked.since ?? addDays(until, 1 - Number(DEFAULT));
  return { since, until };
}

/** What is wrong with the last day of a period, or undefined. */
export function periodError(period: Period): string | undefined {
  const days = daysIn(period);
  if (Number.isNaN(days)) return 'Choose days that exist.';
  if (days < 1) return 'Choose a last day that is not before the first.';
  if (days > MAX_DAYS) return `Choose at most ${MAX_DAYS} days; these are ${days}.`;
  return undefined;
}

/** Every day of a period. */
export const eachDay = (period: Period): string[] =>
  Array.from({ length: daysIn(period) }, (_, index) => addDays(period.since, index));
