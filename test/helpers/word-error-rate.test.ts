import { describe, expect, it } from 'vitest';
import { spokenWords, wordErrors } from './word-error-rate.ts';

describe('wordErrors', () => {
  it.each([
    ['a b c', 'a b c', 0],
    ['a b c', 'a x c', 1],
    ['a b c', 'a c', 1],
    ['a b c', 'a b b c', 1],
    ['a b c', '', 3],
    ['', 'a b', 2],
    ['a b c d', 'd c b a', 4],
  ])('%j heard as %j counts %i', (spoken, heard, errors) => {
    expect(wordErrors(spokenWords(spoken), spokenWords(heard))).toBe(errors);
  });
});

it('spokenWords writes as the fixtures do', () => {
  expect(spokenWords('And Mr. Dashwood, ill-disposed, was.')).toEqual([
    'and',
    'mister',
    'dashwood',
    'ill',
    'disposed',
    'was',
  ]);
});
