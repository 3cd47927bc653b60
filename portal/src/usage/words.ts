import type { Dimension } from './usage-query.ts';

const languages = new Intl.DisplayNames('en', { type: 'language' });
const whole = new Intl.NumberFormat('en');
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
const dayOnly = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const dayAndYear = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });

export const DIMENSION_WORDS: Readonly<Record<Dimension, string>> = {
  day: 'Total',
  product: 'Product',
  model: 'Model',
  language: 'Language',
  project: 'Project',
  key: 'API key',
  client_ref: 'client_ref',
};

/** What people call a value. `isAmbiguous` says that another value has the same name. */
export function labelOf(by: Dimension, value: string, label: string, isAmbiguous: boolean): string {
  if (by === 'day') return 'Total';
  if (by === 'product') return value === 'rt' || value === 'real-time' ? 'Real-time' : 'Batch';
  if (by === 'language') return languageOf(value);
  if (by === 'client_ref') return value === '' ? 'No client_ref' : value;
  if (by === 'project' && label === value) return `Deleted project ${value}`;
  return isAmbiguous ? `${label} (${value})` : label;
}

function languageOf(code: string): string {
  try {
    const name = languages.of(code) ?? code;
    return name === code ? code : `${name} (${code})`;
  } catch {
    // Not every language pack is a language of ISO 639.
    return code;
  }
}

export const formatCount = (count: number): string => whole.format(count);
export const formatShare = (share: number): string => percent.format(share);

/** "7 Mar", and "3–9 Mar" for a week. */
export const formatDays = (since: string, until: string): string =>
  dayOnly.formatRange(new Date(since), new Date(until));

/** The same with the year. */
export const formatDaysInFull = (since: string, until: string): string =>
  dayAndYear.formatRange(new Date(since), new Date(until));

type Unit = 'second' | 'minute' | 'hour';

const inUnit = (value: number, unit: Unit, digits = 0): string =>
  new Intl.NumberFormat('en', {
    style: 'unit',
    unit,
    unitDisplay: 'narrow',
    maximumFractionDigits: digits,
  }).format(value);

/** An amount of audio, as exact as it needs to be: "4.2s", "12m 30s", "3h 20m", "1,240h". */
export function formatAudio(hours: number): string {
  const seconds = hours * 3_600;
  if (seconds === 0) return inUnit(0, 'second');
  if (seconds < 59.95) return inUnit(seconds, 'second', 1);
  if (seconds < 3_599.5) return twoUnits(Math.round(seconds), 'minute', 'second');
  if (hours < 99.99) return twoUnits(Math.round(seconds / 60), 'hour', 'minute');
  return inUnit(Math.round(hours), 'hour');
}

function twoUnits(value: number, large: Unit, small: Unit): string {
  const rest = value % 60;
  const first = inUnit(Math.floor(value / 60), large);
  return rest === 0 ? first : `${first} ${inUnit(rest, small)}`;
}

/** The unit of an axis that goes up to so many hours. */
export function axisUnit(maximumHours: number): { readonly perHour: number; readonly unit: Unit } {
  if (maximumHours >= 2) return { perHour: 1, unit: 'hour' };
  return maximumHours >= 2 / 60 ? { perHour: 60, unit: 'minute' } : { perHour: 3_600, unit: 'second' };
}

/** A mark of such an axis. */
export const formatTick = (value: number, unit: Unit): string => inUnit(value, unit, 2);
