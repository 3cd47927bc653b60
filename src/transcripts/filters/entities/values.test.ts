import { expect, it } from 'vitest';
import { findValues } from './values.ts';

/** Those in the upper part are the examples of the manual. */
it.each([
  ['nineteen', 'cardinal: 19'],
  ['eighteen point one two', 'decimal: 18.12'],
  ['forty second', 'ordinal: 42nd'],
  ['twenty dollars', 'money: $20'],
  ['two hundred percent', 'percentage: 200%'],
  ['fifteenth of January twenty twenty two', 'date: 15th of January 2022'],
  ['eleven forty a m', 'time: 11:40 a.m.'],

  ['three hundred thousand and fifty euros', 'money: €300,050'],
  ['five pounds fifty', 'money: £5.50'],
  ['fifty cents', 'money: 50 cents'],
  ['one hundred per cent', 'percentage: 100%'],
  ['zero point zero five percent', 'percentage: 0.05%'],
  ['two million five hundred thousand', 'cardinal: 2,500,000'],
  ['the twenty-first century', 'ordinal: 21st'],
  ['in nineteen eighty-four', 'date: 1984'],
  ['January the first, two thousand and nineteen', 'date: January the 1st, 2019'],
  ['May nineteen ninety nine', 'date: May 1999'],
  ['on May fifth', 'date: May 5th'],
  ['the third of next month', 'date: 3rd of next month'],
  ['half past three', 'time: 3:30'],
  ["eight o'clock in the morning", 'time: 8:00 a.m.'],
  ['three thirty p.m. on the fifth of May', 'time: 3:30 p.m. | date: 5th of May'],
  ['At 4 p.m. $3.50 and 40%, 350 dollars', 'time: 4 p.m. | money: $3.50 | percentage: 40% | money: $350'],
  ['January 15th, 2022 at 3:30', 'date: January 15th, 2022 | time: 3:30'],
])('finds in "%s" %s', (sentence, expected) => {
  const values = findValues(sentence);
  expect(values.map((value) => `${value.class}: ${value.written}`).join(' | ')).toBe(expected);
});

it.each([
  'one of them came first, ten did not',
  'two thirds of it',
  'three days ago, tomorrow or on Monday',
  'March on, it may be noon',
  'two zero seven nine four six',
  'at seven thirty',
])('finds nothing in "%s"', (sentence) => {
  expect(findValues(sentence)).toEqual([]);
});

it('tells where they stand', () => {
  const sentence = 'We paid twenty-five dollars, then fifty more';
  const places = findValues(sentence).map(({ start, end }) => sentence.slice(start, end));
  expect(places).toEqual(['twenty-five dollars', 'fifty']);
});
