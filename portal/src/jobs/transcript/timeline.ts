import type { Turn } from './turns.ts';

/** Finds the word that is spoken at a time. */
export interface Timeline {
  /** Number of the word, or -1 in a pause and before the first. */
  wordAt(seconds: number): number;
}

/** A word stays marked this long after its end, so that the mark does not flicker between words. */
const LINGER_SECONDS = 0.6;

export function timelineOf(turns: readonly Turn[]): Timeline {
  const words = turns.flatMap(({ first, words }) =>
    words.map((word, place) => ({ word, index: first + place })),
  );
  // Channels that speak at once are not read in the order in which they are spoken.
  words.sort((one, other) => one.word.start - other.word.start);
  return {
    wordAt(seconds) {
      let low = 0;
      let high = words.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((words[middle]?.word.start ?? 0) <= seconds) low = middle + 1;
        else high = middle;
      }
      const found = words[low - 1];
      return found === undefined || seconds > found.word.end + LINGER_SECONDS ? -1 : found.index;
    },
  };
}
