import { expect, it } from 'vitest';
import { printText } from './printed-words.ts';
import { transcriptOf } from './transcript.fixture.ts';

it.each([
  ['Well , yes .', ' ', 'Well, yes.'],
  ['はい 、 そう 。', '', 'はい、そう。'],
  ['Yes', ' ', 'Yes'],
  // Of a word that is in an earlier piece of the transcript.
  ['. No', ' ', '. No'],
  ['', ' ', ''],
])('prints the results of "%s" with "%s" as "%s"', (text, delimiter, expected) => {
  expect(printText(transcriptOf(text).results, delimiter)).toBe(expected);
});
