import { alignTokens, type FrameSpan } from '../align.ts';
import type { DecodedToken } from '../decode.ts';
import { SAMPLE_RATE } from '../frames.ts';
import { tokenTexts } from '../vocabulary.ts';

/** A token with its text, its probability and its place in the segment, in seconds from the segment's start. */
export interface TimedToken {
  readonly text: string;
  readonly probability: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** Silence put on either side of a segment; without it the decoder loses the first and the last word. */
const PADDING_SECONDS = 0.3;
/** Seconds that one encoder frame covers: 384 samples. */
const ENCODER_FRAME_SECONDS = 384 / 16_000;

/** The samples of a segment between two silences, as the decoder wants them. */
export function withPadding(samples: Float32Array): Float32Array {
  const padded = new Float32Array(samples.length + 2 * PADDING_SECONDS * SAMPLE_RATE);
  padded.set(samples, PADDING_SECONDS * SAMPLE_RATE);
  return padded;
}

/** Places the tokens of a padded segment. */
export function timeTokens(tokens: readonly DecodedToken[]): TimedToken[] {
  const texts = tokenTexts(tokens.map((token) => token.id));
  const spans = alignTokens(tokens.map((token) => token.attention));
  return spans.map((span, index) => ({
    ...secondsOf(span, PADDING_SECONDS),
    text: texts[index] ?? '',
    probability: tokens[index]?.probability ?? 0,
  }));
}

/** Turns an alignment into seconds, given the silence that was put before the segment. */
export function secondsOf(
  span: FrameSpan,
  paddingSeconds: number,
): Pick<TimedToken, 'startSeconds' | 'endSeconds'> {
  return {
    startSeconds: span.start * ENCODER_FRAME_SECONDS - paddingSeconds,
    endSeconds: span.end * ENCODER_FRAME_SECONDS - paddingSeconds,
  };
}
