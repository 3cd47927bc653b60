import { type Amount, type DateOrTime, findDatesAndTimes, type Span } from './recognizers.ts';
import { isInDigits, type Written, writeParts } from './written-numbers.ts';

export interface DatesAndTimes {
  readonly dates: readonly Written[];
  readonly times: readonly Written[];
}

interface Year extends Written {
  /** Said as only years are ("nineteen eighty four", not "two thousand"). */
  readonly isCertain: boolean;
}

/**
 * Calendar dates, years and times of day in a text. The library takes no year to the day before it once one of them is
 * spelled out, so years are looked for by themselves, hidden from it, and joined to the day or month they follow.
 * @param numerals those of the text
 * @param parts numerals and ordinals as they are written
 */
export function findCalendar(
  text: string,
  numerals: readonly Amount[],
  parts: readonly Written[],
): DatesAndTimes {
  const years = findYears(text, numerals);
  const found = findDatesAndTimes(hide(text, years));
  const days = found.filter((each) => isDay(each) && hasNumber(each, parts));
  const joined = found
    .filter((each) => isDay(each) || isMonth(each))
    .flatMap((day) => {
      const year = years.find(({ start }) => start > day.end && /^,? $/.test(text.slice(day.end, start)));
      return year ? [{ start: day.start, end: year.end }] : [];
    });
  const write = (span: Span): Written => ({ ...span, written: writeParts(text, span, [...years, ...parts]) });
  return {
    dates: [
      ...[...joined, ...days].map(({ start, end }) => write({ start, end })),
      ...years.filter((year) => year.isCertain),
    ],
    times: found.flatMap((each) => writeTime(text, each, numerals)),
  };
}

function findYears(text: string, numerals: readonly Amount[]): Year[] {
  return runsOf(text, numerals).flatMap((run) => {
    const span = { start: run[0].start, end: run.at(-1)?.end ?? 0 };
    const said = text.slice(span.start, span.end);
    const [found] = findDatesAndTimes(said);
    const [timex = ''] = found?.timexes ?? [];
    if (found?.end !== said.length || !/^(1[5-9]|20)\d\d$/.test(timex)) return [];
    return [{ ...span, written: timex, isCertain: run.length === 2 }];
  });
}

type Run = [Amount, ...Amount[]];

/** Numerals that follow each other without a word between them. */
export function runsOf(text: string, numerals: readonly Amount[]): Run[] {
  const runs: Run[] = [];
  for (const numeral of numerals) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last && text.slice(last.end, numeral.start) === ' ') run.push(numeral);
    else runs.push([numeral]);
  }
  return runs;
}

function hide(text: string, spans: readonly Span[]): string {
  return spans.reduce(
    (rest, { start, end }) => rest.slice(0, start) + 'x'.repeat(end - start) + rest.slice(end),
    text,
  );
}

function isDay({ type, timexes: [timex = ''] }: DateOrTime): boolean {
  return type === 'date' && /^(XXXX|\d{4})-\d\d-\d\d$/.test(timex);
}

function isMonth({ type, timexes: [timex = ''] }: DateOrTime): boolean {
  return type === 'daterange' && /^(XXXX|\d{4})-\d\d$/.test(timex);
}

function hasNumber(span: Span, parts: readonly Span[]): boolean {
  return parts.some(({ start, end }) => start >= span.start && end <= span.end);
}

/** Two numbers alone ("seven thirty") may be anything, and so may "at ten". */
function writeTime(text: string, found: DateOrTime, numerals: readonly Amount[]): Written[] {
  const { type, timexes, start, end } = found;
  const said = text.slice(start, end);
  const rest = writeParts(
    text,
    found,
    numerals.map((numeral) => ({ ...numeral, written: '' })),
  );
  const [, hours, minutes = '00'] = /^T(\d\d)(?::(\d\d))?$/.exec(timexes[0] ?? '') ?? [];
  const isNamed = hasNumber(found, numerals) && rest.trim() !== '' && !/^at /i.test(said);
  if (type !== 'time' || hours === undefined || !isNamed) return [];
  if (isInDigits(said)) return [{ start, end, written: said }];
  const clock = `${Number(hours) % 12 || 12}:${minutes}`;
  // Of two the speaker did not say which half of the day.
  const half = Number(hours) < 12 ? ' a.m.' : ' p.m.';
  return [{ start, end, written: timexes.length > 1 ? clock : clock + half }];
}
