import type { Item } from '../../transcripts/item.ts';

/** Where a word is spoken, in seconds from the start of the recording. */
export interface Place {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Probability in [0, 1]. */
  readonly confidence: number;
}

/**
 * One item per word, in order. Words without a place share the time between their neighbours equally, with
 * confidence 0. Places ascend and end within the recording.
 */
export function* fillGaps(
  words: readonly string[],
  places: readonly (Place | undefined)[],
  lengthSeconds: number,
): Generator<Item> {
  let clockSeconds = 0;
  let gapEnd = 0;
  for (const [at, content] of words.entries()) {
    const place = places[at];
    if (place) {
      clockSeconds = place.endSeconds;
      yield { type: 'word', content, ...place };
      continue;
    }
    while (gapEnd <= at || (gapEnd < words.length && !places[gapEnd])) gapEnd += 1;
    const untilSeconds = Math.max(clockSeconds, places[gapEnd]?.startSeconds ?? lengthSeconds);
    const even = wholeMs(clockSeconds + (untilSeconds - clockSeconds) / (gapEnd - at));
    // 0.57 s are 569.99… ms to a float: rounded down again, a word would end before it starts.
    const endSeconds = Math.min(Math.max(clockSeconds, even), untilSeconds);
    yield { type: 'word', content, startSeconds: clockSeconds, endSeconds, confidence: 0 };
    clockSeconds = endSeconds;
  }
}

/** Rounded down, so that order and the end of the audio are respected whatever the rounding of floats. */
export function wholeMs(seconds: number): number {
  return Math.floor(seconds * 1000) / 1000;
}
