import type { Item } from '../../transcripts/item.ts';
import { endsSentence, splitPunctuation, type TextPart } from '../../transcripts/split-punctuation.ts';
import type { FrameSpan } from './align.ts';
import { FRAME_SECONDS } from './frames.ts';

interface Span {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** A token with its text, its probability and its place in the segment, in seconds from the segment's start. */
export interface TimedToken extends Span {
  readonly text: string;
  readonly probability: number;
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
const UNSURE = 0.3;
const MAX_UNSURE_SHARE = 0.8;

/** Seconds that one encoder frame covers: 384 samples. */
const ENCODER_FRAME_SECONDS = 384 / 16_000;

/** Turns an alignment into seconds, given the silence that was put before the segment. */
export function secondsOf(span: FrameSpan, paddingSeconds: number): Span {
  return {
    startSeconds: span.start * ENCODER_FRAME_SECONDS - paddingSeconds,
    endSeconds: span.end * ENCODER_FRAME_SECONDS - paddingSeconds,
  };
}

/**
 * Groups tokens into words and punctuation marks. Words are drawn in to where somebody
 * speaks. Returns times within the segment, in order, and nothing at all
 * when almost every word is a guess: the decoder invents words for noise.
 */
export function segmentItems(tokens: readonly TimedToken[], hearing: Hearing): Item[] {
  const parts = splitPunctuation(tokens.map((token) => token.text).join(''));
  const ownTokens = tokensOfParts(tokens, parts);
  let wordsLeft = parts.filter((part) => part.type === 'word').length;
  const room = roomForWords(hearing, wordsLeft);
  const items: Item[] = [];
  parts.forEach((part, index) => {
    const own = ownTokens[index] ?? [];
    const previous = items.at(-1);
    if (part.type === 'punctuation') {
      if (previous) items.push(markAfter(previous, part, own));
      return;
    }
    wordsLeft -= 1;
    const bounds = {
      startSeconds: previous?.endSeconds ?? 0,
      endSeconds: room.endSeconds - wordsLeft * room.minWordSeconds,
    };
    const span = placeWord(own, bounds, room);
    items.push({ type: 'word', content: part.content, ...span, confidence: confidenceOf(own) });
  });
  return isInvented(items) ? [] : items;
}

function isInvented(items: readonly Item[]): boolean {
  const words = items.filter((item) => item.type === 'word');
  const unsure = words.filter((item) => item.confidence < UNSURE);
  return unsure.length >= words.length * MAX_UNSURE_SHARE;
}

function tokensOfParts(tokens: readonly TimedToken[], parts: readonly TextPart[]): TimedToken[][] {
  let position = 0;
  const placed = tokens.map((token) => {
    const start = position;
    position += token.text.length;
    return { token, start, end: position };
  });
  return parts.map((part) =>
    placed.filter(({ start, end }) => start < part.end && end > part.start).map(({ token }) => token),
  );
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

/** A mark has no length: it stands where the word before it ends. */
function markAfter(previous: Item, part: TextPart, own: readonly TimedToken[]): Item {
  return {
    type: 'punctuation',
    content: part.content,
    startSeconds: previous.endSeconds,
    endSeconds: previous.endSeconds,
    confidence: confidenceOf(own),
    isEndOfSentence: endsSentence(part.content),
  };
}

/** Geometric mean of the tokens' probabilities. */
function confidenceOf(tokens: readonly TimedToken[]): number {
  const logarithms = tokens.reduce((sum, token) => sum + Math.log(token.probability), 0);
  return tokens.length === 0 ? 0 : Math.min(1, Math.exp(logarithms / tokens.length));
}
