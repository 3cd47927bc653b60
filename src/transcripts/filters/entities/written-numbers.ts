import { type Amount, apart, type Span } from './recognizers.ts';

/** A stretch of a text and how it is written. */
export interface Written extends Span {
  readonly written: string;
}

const format = new Intl.NumberFormat('en', { maximumFractionDigits: 12, useGrouping: 'min2' });
const formatCents = new Intl.NumberFormat('en', { minimumFractionDigits: 2, useGrouping: 'min2' });
const ordinalRules = new Intl.PluralRules('en', { type: 'ordinal' });
const SUFFIXES: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd' };

/** `2001`, `20,000`, `0.05`. */
export const writeNumber = (value: number): string => format.format(value);

/** `20` or `5.20`. */
export const writeAmount = (value: number): string =>
  (Number.isInteger(value) ? format : formatCents).format(value);

export const writeOrdinal = (value: number): string =>
  `${format.format(value)}${SUFFIXES[ordinalRules.select(value)] ?? 'th'}`;

export const isInDigits = (text: string): boolean => /\d/.test(text);

/** A number of a text as it is written: in digits already it stays as it is. */
export const write = (text: string, span: Amount, toText: (value: number) => string): Written => {
  const said = text.slice(span.start, span.end);
  return { start: span.start, end: span.end, written: isInDigits(said) ? said : toText(span.value) };
};

/** A stretch of a text with the parts in it as they are written; of parts that overlap the first counts. */
export function writeParts(text: string, { start, end }: Span, parts: readonly Written[]): string {
  const inside = apart(parts.filter((part) => part.start >= start && part.end <= end));
  let result = '';
  let place = start;
  for (const part of inside.sort((a, b) => a.start - b.start)) {
    result += text.slice(place, part.start) + part.written;
    place = part.end;
  }
  return result + text.slice(place, end);
}
