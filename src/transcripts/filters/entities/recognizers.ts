import { DateTimeOptions, recognizeDateTime } from '@microsoft/recognizers-text-date-time';
import {
  Culture,
  recognizeNumber,
  recognizeOrdinal,
  recognizePercentage,
} from '@microsoft/recognizers-text-number';
import { recognizeCurrency } from '@microsoft/recognizers-text-number-with-unit';

/** A stretch of a text, in UTF-16 units, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Amount extends Span {
  readonly value: number;
  /** Of money, the English name: `Dollar`. */
  readonly unit: string;
}

export interface DateOrTime extends Span {
  /** `date`, `time`, `daterange` (a month or a year is one), and others. */
  readonly type: string;
  /** What it may mean, as timex: ISO 8601 with `XXXX` for a year that is not said. */
  readonly timexes: readonly string[];
}

/** Any day: the written forms do not depend on what the library reckons from it ("next month"), but its work might. */
const TODAY = new Date(2000, 0, 1);

type Results = ReturnType<typeof recognizeNumber>;

export const findNumerals = (text: string): Amount[] => amounts(recognizeNumber(text, Culture.English));
/** Without the relative ones ("next", "last"), which the library counts from 0. */
export const findOrdinals = (text: string): Amount[] =>
  amounts(recognizeOrdinal(text, Culture.English)).filter(({ value }) => value > 0);
export const findMoney = (text: string): Amount[] => amounts(recognizeCurrency(text, Culture.English));
export const findPercentages = (text: string): Amount[] =>
  amounts(recognizePercentage(text, Culture.English));

function amounts(results: Results): Amount[] {
  return results
    .map(({ start, end, resolution }) => ({
      start,
      end: end + 1,
      value: Number.parseFloat(resolution?.value ?? ''),
      unit: String(resolution?.unit ?? ''),
    }))
    .filter(({ value }) => Number.isFinite(value));
}

export function findDatesAndTimes(text: string): DateOrTime[] {
  return recognizeDateTime(text, Culture.English, DateTimeOptions.SplitDateAndTime, TODAY).map(
    ({ start, end, typeName, resolution }) => ({
      start,
      end: end + 1,
      type: typeName.replace('datetimeV2.', ''),
      timexes: (resolution?.values ?? []).map(({ timex }: { timex: string }) => timex),
    }),
  );
}

/** Leaves out what overlaps a span that comes before it in the list. */
export function apart<T extends Span>(spans: readonly T[]): T[] {
  const kept: T[] = [];
  for (const span of spans) {
    if (!kept.some((other) => span.start < other.end && other.start < span.end)) kept.push(span);
  }
  return kept;
}
