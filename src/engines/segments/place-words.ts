import { FRAME_SECONDS } from './frames.ts';

/** A token with its text, its probability and its place in the segment, in seconds from the segment's start. */
export interface TimedToken {
  readonly text: string;
  readonly probability: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** What is known of the audio of a segment. */
export interface Hearing {
  readonly lengthSeconds: number;
  /** Probability of speech of each 32 ms. */
  readonly speech: readonly number[];
}

/** No word is shorter than one frame of the encoder. */
const MIN_WORD_SECONDS = 0.024;
/** Below this the detector hears no voice, so a word does not begin or end there. */
const SILENT = 0.35;

interface Span {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

export interface PlacedWord extends Span {
  readonly confidence: number;
}

/**
 * Places words one after another within a segment, each near its own tokens and drawn in to where somebody speaks.
 */
export function placeWords(words: readonly (readonly TimedToken[])[], hearing: Hearing): PlacedWord[] {
  const room = roomForWords(hearing, words.length);
  let startSeconds = 0;
  return words.map((own, index) => {
    const later = words.length - 1 - index;
    const span = placeWord(
      own,
      { startSeconds, endSeconds: room.endSeconds - later * room.minWordSeconds },
      room,
    );
    startSeconds = span.endSeconds;
    return { ...span, confidence: confidenceOf(own) };
  });
}

interface Room {
  readonly endSeconds: number;
  readonly minWordSeconds: number;
  readonly isSilent: (seconds: number) => boolean;
}

function roomForWords({ lengthSeconds, speech }: Hearing, words: number): Room {
  return {
    endSeconds: lengthSeconds,
    minWordSeconds: Math.min(MIN_WORD_SECONDS, lengthSeconds / words),
    isSilent: (seconds) => (speech[Math.floor(seconds / FRAME_SECONDS)] ?? 0) < SILENT,
  };
}

/** Puts a word within bounds, near where its tokens are, without the silence at its edges. */
function placeWord(own: readonly TimedToken[], bounds: Span, { minWordSeconds, isSilent }: Room): Span {
  const latestStart = bounds.endSeconds - minWordSeconds;
  let start = Math.min(Math.max(own[0]?.startSeconds ?? 0, bounds.startSeconds), latestStart);
  let end = Math.min(Math.max(own.at(-1)?.endSeconds ?? 0, start + minWordSeconds), bounds.endSeconds);
  while (isSilent(start) && end - start > 2 * FRAME_SECONDS) start += FRAME_SECONDS;
  while (isSilent(end - FRAME_SECONDS / 2) && end - start > 2 * FRAME_SECONDS) end -= FRAME_SECONDS;
  return { startSeconds: start, endSeconds: end };
}

/** Geometric mean of the tokens' probabilities. */
export function confidenceOf(tokens: readonly TimedToken[]): number {
  const logarithms = tokens.reduce((sum, token) => sum + Math.log(token.probability), 0);
  return tokens.length === 0 ? 0 : Math.min(1, Math.exp(logarithms / tokens.length));
}
