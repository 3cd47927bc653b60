import type { Item } from '../item.ts';

/** Longer sentences are cut: recognition of values slows down with their length. */
const MAX_SENTENCE_ITEMS = 100;

/** Parts of what one speaker says, each to the end of a sentence. */
export function* sentences(items: readonly Item[]): Generator<readonly Item[]> {
  let sentence: Item[] = [];
  for (const item of items) {
    const last = sentence.at(-1);
    const isWord = item.type !== 'punctuation';
    const isOver = last?.isEndOfSentence || sentence.length >= MAX_SENTENCE_ITEMS;
    if (last && isWord && (isOver || last.speaker !== item.speaker)) {
      yield sentence;
      sentence = [];
    }
    sentence.push(item);
  }
  if (sentence.length > 0) yield sentence;
}
