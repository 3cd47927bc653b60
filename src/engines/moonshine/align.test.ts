import { describe, expect, it } from 'vitest';
import { alignTokens } from './align.ts';

const rows = (...attention: readonly (readonly number[])[]) => attention.map((row) => Float32Array.from(row));

describe('alignTokens', () => {
  it('gives each token the frames it looked at', () => {
    const spans = alignTokens(rows([9, 9, 1, 0, 0, 0], [0, 1, 9, 0, 0, 0], [0, 0, 0, 9, 9, 9]));
    expect(spans).toEqual([
      { start: 0, end: 2 },
      { start: 2, end: 3 },
      { start: 3, end: 6 },
    ]);
  });

  it('keeps the order of tokens that looked the other way round', () => {
    const spans = alignTokens(rows([0, 0, 0, 9], [9, 0, 0, 0], [0, 9, 0, 0]));
    expect(spans.slice(1).map((span) => span.start)).toEqual(spans.slice(0, -1).map((span) => span.end));
    expect(spans.every((span) => span.end > span.start)).toBe(true);
  });

  it('finds the division with the largest sum', () => {
    const attention = rows([3, 1, 4, 1, 5, 9, 2], [2, 6, 5, 3, 5, 8, 9], [7, 9, 3, 2, 3, 8, 4]);
    const sum = (cuts: readonly number[]) =>
      attention.reduce((all, row, token) => {
        const part = row.subarray(cuts[token], cuts[token + 1]);
        return all + part.reduce((one, weight) => one + weight, 0);
      }, 0);
    let best = 0;
    for (let one = 1; one < 6; one += 1)
      for (let two = one + 1; two < 7; two += 1) best = Math.max(best, sum([0, one, two, 7]));
    const spans = alignTokens(attention);
    expect(sum([...spans.map((span) => span.start), 7])).toBe(best);
  });

  it('gives every token a frame when there are as many', () => {
    expect(alignTokens(rows([0, 9, 0], [9, 0, 0], [9, 0, 0])).map((span) => span.start)).toEqual([0, 1, 2]);
    expect(alignTokens([])).toEqual([]);
  });

  it('refuses more tokens than frames', () => {
    expect(() => alignTokens(rows([1], [1]))).toThrow(RangeError);
  });
});
