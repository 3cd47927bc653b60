import { PADDING_SECONDS } from '../../segments/padding.ts';
import type { TimedToken } from '../../segments/place-words.ts';
import { alignTokens, type FrameSpan } from '../align.ts';
import type { DecodedToken } from '../decode.ts';
import { tokenTexts } from '../vocabulary.ts';

/** Seconds that one encoder frame covers: 384 samples. */
const ENCODER_FRAME_SECONDS = 384 / 16_000;

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
