import type { Item } from '../item.ts';

/**
 * Leaves out the tagged hesitations of a sentence, each with the marks behind it, and mends what is left: the next
 * word begins the sentence in its place, the word before ends it ("Um, what, hmm?" becomes "What?").
 */
export function removeDisfluencies(sentence: readonly Item[]): Item[] {
  const kept: Item[] = [];
  let isRemoving = false;
  let capitalize = false;
  for (const item of sentence) {
    if (item.type === 'punctuation') {
      if (!isRemoving) kept.push(item);
      else if (item.isEndOfSentence) endSentence(kept, item);
      continue;
    }
    isRemoving = item.tags?.includes('disfluency') ?? false;
    if (isRemoving) capitalize ||= kept.length === 0 && item.content !== item.content.toLowerCase();
    else kept.push(capitalize && kept.length === 0 ? capitalized(item) : item);
  }
  return kept;
}

/** The mark takes the place of a lesser one, such as the comma before the hesitation. */
function endSentence(kept: Item[], mark: Item): void {
  if (kept.at(-1)?.type === 'punctuation') kept.pop();
  const last = kept.at(-1);
  if (last) kept.push({ ...mark, startSeconds: last.endSeconds, endSeconds: last.endSeconds });
}

function capitalized(item: Item): Item {
  return { ...item, content: item.content.replace(/^./u, (letter) => letter.toUpperCase()) };
}
