import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchWords, UNPAIRED } from './match-words.ts';

const NEVER = new AbortController().signal;
const numbers = (text: string) => Int32Array.from(text, (letter) => letter.charCodeAt(0));
const match = async (heard: string, text: string) => [
  ...(await matchWords(numbers(heard), numbers(text), NEVER)),
];

/** Cost of an alignment, from its partners alone. */
function costOf(heard: Int32Array, text: Int32Array, partners: Int32Array): number {
  const paired = [...partners].filter((partner) => partner !== UNPAIRED).length;
  const mismatches = [...partners].filter((at, index) => at !== UNPAIRED && heard[at] !== text[index]).length;
  return 2 * (heard.length - paired) + 2 * (text.length - paired) + 3 * mismatches;
}

/** The least cost, written as plainly as can be. */
function leastCost(heard: Int32Array, text: Int32Array): number {
  const costs = Array.from({ length: heard.length + 1 }, () => new Array<number>(text.length + 1).fill(0));
  const at = (line: number, column: number) => costs[line]?.[column] ?? Number.POSITIVE_INFINITY;
  costs.forEach((row, line) => {
    row.forEach((_, column) => {
      if (line === 0 && column === 0) return;
      const pair = at(line - 1, column - 1) + (heard[line - 1] === text[column - 1] ? 0 : 3);
      row[column] = Math.min(pair, at(line - 1, column) + 2, at(line, column - 1) + 2);
    });
  });
  return at(heard.length, text.length);
}

const words = (maxLength: number) =>
  fc.array(fc.integer({ min: 0, max: 5 }), { maxLength }).map((all) => Int32Array.from(all));

describe('matchWords', () => {
  it.each([
    ['the same', 'abc', 'abc', [0, 1, 2]],
    ['a word not heard', 'ac', 'abc', [0, UNPAIRED, 1]],
    ['a word not in the text', 'abc', 'ac', [0, 2]],
    ['a word heard as another', 'axc', 'abc', [0, 1, 2]],
    ['a shift, not two mistakes', 'ab', 'bc', [1, UNPAIRED]],
    ['the second of two words that were heard as another', 'axd', 'abcd', [0, UNPAIRED, 1, 2]],
    ['nothing heard', '', 'ab', [UNPAIRED, UNPAIRED]],
    ['no text', 'ab', '', []],
  ])('pairs %s', async (_, heard, text, partners) => {
    expect(await match(heard, text)).toEqual(partners);
  });

  it('finds the least cost, partners ascending', async () => {
    await fc.assert(
      fc.asyncProperty(words(40), words(40), async (heard, text) => {
        const partners = await matchWords(heard, text, NEVER);
        expect(costOf(heard, text, partners)).toBe(leastCost(heard, text));
        const paired = [...partners].filter((partner) => partner !== UNPAIRED);
        expect(paired).toEqual([...new Set(paired)].toSorted((one, other) => one - other));
      }),
    );
  });

  it('finds it as well when it is too large for one table', async () => {
    const spoken = Int32Array.from({ length: 2_200 }, (_, at) => (at * at * 31) % 997);
    const heard = spoken
      .filter((_, at) => at % 11 !== 3)
      .map((word, at) => (at % 7 === 0 ? 1_000 + at : word));
    const partners = await matchWords(heard, spoken, NEVER);
    expect(costOf(heard, spoken, partners)).toBe(leastCost(heard, spoken));
  });

  it('stops when it is aborted', async () => {
    const controller = new AbortController();
    const long = new Int32Array(30_000);
    const matching = matchWords(
      long,
      long.map((_, at) => at),
      controller.signal,
    );
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(matching).rejects.toThrow('enough');
  });
});
