import type { Item } from '../item.ts';

/** A sentence, for tests, of space-separated words and marks (`Well , yes .`): word n fills second n. */
export function sentenceOf(text: string): Item[] {
  let words = 0;
  return text
    .split(' ')
    .filter((content) => content !== '')
    .map((content): Item => {
      const isMark = /^[.,?!]$/.test(content);
      if (!isMark) words += 1;
      const startSeconds = isMark ? words : words - 1;
      const item = { content, startSeconds, endSeconds: words, confidence: 1 };
      return isMark
        ? { ...item, type: 'punctuation', isEndOfSentence: content !== ',' }
        : { ...item, type: 'word' };
    });
}

export const contentsOf = (items: readonly Item[]): string => items.map((item) => item.content).join(' ');
