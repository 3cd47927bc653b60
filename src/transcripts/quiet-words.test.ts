import { expect, it } from 'vitest';
import type { Item } from './item.ts';
import { withoutQuietWords } from './quiet-words.ts';

const item = (type: Item['type'], content: string, volume?: number): Item => ({
  type,
  content,
  startSeconds: 0,
  endSeconds: 1,
  confidence: 1,
  ...(volume !== undefined && { volume }),
});

it.each([
  [0, 'one , two . three !'],
  [10, 'one , two . three !'],
  [10.1, 'one , three !'],
  [100, 'three !'],
])('with the threshold %d leaves "%s"', (threshold, expected) => {
  const items = [
    item('word', 'one', 50),
    item('punctuation', ','),
    item('word', 'two', 10),
    item('punctuation', '.'),
    // It was not measured.
    item('word', 'three'),
    item('punctuation', '!'),
  ];
  const kept = withoutQuietWords(items, threshold);
  expect(kept.map(({ content }) => content).join(' ')).toBe(expected);
});
