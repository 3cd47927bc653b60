import type { Item } from './item.ts';

/** Leaves out what was said more quietly than a volume in [0, 100], each word with the marks that follow it. */
export function withoutQuietWords(items: readonly Item[], threshold: number): Item[] {
  let isQuiet = false;
  return items.filter(({ type, volume = threshold }) => {
    if (type !== 'punctuation') isQuiet = volume < threshold;
    return !isQuiet;
  });
}
