import { LRUCache } from 'lru-cache';
import type { EntityClass } from '../../item.ts';
import { findCalendar, runsOf } from './dates.ts';
import { type Amount, apart, findMoney, findNumerals, findOrdinals, findPercentages } from './recognizers.ts';
import {
  type Written,
  write,
  writeAmount,
  writeNumber,
  writeOrdinal,
  writeParts,
} from './written-numbers.ts';

export interface Value extends Written {
  readonly class: EntityClass;
}

/** Whole and ordinal numbers up to here stay words, as Speechmatics documents it: "one of them", "at first". */
const STAYS_WORD = 10;

const SYMBOLS: Readonly<Record<string, string>> = {
  Dollar: '$',
  'United States dollar': '$',
  Pound: '£',
  'British pound': '£',
  Euro: '€',
  'Japanese yen': '¥',
};

/** To find values takes 10 ms; in live speech a sentence is guessed, and looked at, more than once. */
const remembered = new LRUCache<string, readonly Value[]>({
  max: 200,
  memoMethod: (sentence) => lookForValues(sentence),
});

/**
 * The values that an English sentence names, as they are written, in order and apart from each other. What it has in
 * digits already stays as it is.
 */
export function findValues(sentence: string): readonly Value[] {
  return remembered.memo(sentence);
}

function lookForValues(sentence: string): Value[] {
  // Hyphens are not read everywhere ("twenty twenty-two"); a space in their place keeps all places.
  const text = sentence.replaceAll(/(?<=\p{L})-(?=\p{L})/gu, ' ');
  const numerals = findNumerals(text);
  const ordinals = findOrdinals(text);
  // The other recognisers are slow, and what they find has a number in it.
  if (numerals.length + ordinals.length === 0) return [];
  const writtenOrdinals = ordinals.map((span) => write(text, span, writeOrdinal));
  const writtenNumerals = numerals.map((span) => write(text, span, writeNumber));
  const parts = [...writtenOrdinals, ...writtenNumerals];
  const { dates, times } = findCalendar(text, numerals, parts);
  const single = runsOf(text, numerals).flatMap((run) => (run.length === 1 ? [run[0]] : []));
  const values: Value[] = [
    ...findMoney(text).map((span) => writeMoney(text, span, writtenNumerals)),
    ...findPercentages(text).map((span) => writePercentage(text, span)),
    ...dates.map((span): Value => ({ ...span, class: 'date' })),
    ...times.map((span): Value => ({ ...span, class: 'time' })),
    ...ordinals
      .filter(isLarge)
      .map((span): Value => ({ ...write(text, span, writeOrdinal), class: 'ordinal' })),
    ...single.flatMap((span) => writeCardinalOrDecimal(text, span)),
  ];
  return apart(values).sort((a, b) => a.start - b.start);
}

const isLarge = ({ value }: Amount): boolean => Math.abs(value) > STAYS_WORD;

function writeMoney(text: string, span: Amount, numerals: readonly Written[]): Value {
  const { start, end, value, unit } = span;
  const symbol = SYMBOLS[unit];
  const isWritten = /\p{Sc}/u.test(text.slice(start, end));
  const written =
    symbol === undefined || isWritten ? writeParts(text, span, numerals) : symbol + writeAmount(value);
  return { start, end, written, class: 'money' };
}

function writePercentage(text: string, { start, end, value }: Amount): Value {
  const said = text.slice(start, end);
  return { start, end, written: said.includes('%') ? said : `${writeNumber(value)}%`, class: 'percentage' };
}

/** Fractions ("two thirds") are left as words: the library gives their value only. */
function writeCardinalOrDecimal(text: string, span: Amount): Value[] {
  const said = text.slice(span.start, span.end);
  const isDecimal = /\bpoint\b|\d\.\d/i.test(said);
  if (!isDecimal && !(Number.isSafeInteger(span.value) && isLarge(span))) return [];
  return [{ ...write(text, span, writeNumber), class: isDecimal ? 'decimal' : 'cardinal' }];
}
