import { expect, it } from 'vitest';
import type { Item } from '../../item.ts';
import { contentsOf, sentenceOf } from '../sentence.fixture.ts';
import { openFrom } from './open-entity.ts';

const heldOf = (items: readonly Item[]) => contentsOf(items.slice(openFrom(items)));

it.each([
  ['It was in twenty twenty', 'twenty twenty'],
  ['We paid two hundred', 'two hundred'],
  ['We paid two hundred and', 'two hundred and'],
  ['We paid twenty dollars', 'twenty dollars'],
  ['We paid twenty dollars and fifty', 'twenty dollars and fifty'],
  ['It was the fifteenth of January ,', 'fifteenth of January ,'],
  ['It was on May the', 'May the'],
  ['He came at half past', 'half past'],
  ['He came at eleven forty a', 'eleven forty a'],
  ["He came at eight o'clock in the", "eight o'clock in the"],
  ['The code is two zero seven', 'two zero seven'],
  ['One more is twenty-two', 'twenty-two'],
  ['I have 3.5', '3.5'],
  ['I have $5', '$5'],
  ['Twenty', 'Twenty'],
  ["He came at eight o'clock in the morning", "eight o'clock in the morning"],
  ['We paid twenty um', 'twenty um'],
  ['We paid twenty uh , dollars', 'twenty uh , dollars'],
  ['It cost nine dollars . And in nineteen', 'nineteen'],
])('of "%s" holds back "%s"', (text, held) => {
  expect(heldOf(sentenceOf(text))).toBe(held);
});

it.each([
  'We paid twenty dollars .',
  'We paid twenty um .',
  'We paid twenty dollars for it',
  'He went to the',
  'He went past and',
  'It was COVID-19',
  'Um ,',
  '',
])('of "%s" holds back nothing', (text) => {
  expect(heldOf(sentenceOf(text))).toBe('');
});

it('looks at the words of one speaker', () => {
  const [twenty, five] = sentenceOf('twenty five').map((item, index) => ({ ...item, speaker: `S${index}` }));
  expect(heldOf([twenty, five] as Item[])).toBe('five');
});

it('holds back 12 words at most, or none of them', () => {
  const digits = (count: number) => 'It is '.concat('two '.repeat(count));
  expect(heldOf(sentenceOf(digits(12)))).toBe('two '.repeat(12).trimEnd());
  expect(heldOf(sentenceOf(digits(13)))).toBe('');
});
