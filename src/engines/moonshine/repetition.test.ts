import { expect, it } from 'vitest';
import { countRepeated } from './repetition.ts';

it.each([
  [[1, 2, 3], 0],
  [[5, 5, 5, 5], 0],
  [[5, 5, 5, 5, 5], 4],
  [[9, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2], 8],
  [[1, 2, 1, 2, 1, 2, 1, 2, 1, 3], 0],
])('%j: %i tokens too many', (tokens, expected) => {
  expect(countRepeated(tokens)).toBe(expected);
});

it('knows phrases of up to 12 tokens', () => {
  const phrase = Array.from({ length: 12 }, (_, at) => at);
  expect(countRepeated(Array(5).fill(phrase).flat())).toBe(48);
});
