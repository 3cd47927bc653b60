import { SAMPLE_RATE } from '../../segments/frames.ts';
import { withPadding } from '../../segments/padding.ts';
import { type PlacedWord, placeWords, type TimedToken } from '../../segments/place-words.ts';
import type { Segment } from '../../segments/segmenter.ts';
import { forceTokens } from '../decode.ts';
import type { MoonshineModel } from '../model.ts';
import { encodeWord } from '../vocabulary.ts';
import { timeTokens } from './time-tokens.ts';

/** Beyond what the decoder was trained on. */
const MAX_TOKENS = 190;
const SPOKEN = /[\p{L}\p{N}]/u;

/**
 * Finds where given words, written as in running text, are said in a segment, in seconds from its start: the
 * decoder is made to say them. Returns one place per word, or `undefined` when nobody can speak so fast.
 */
export async function forceWords(
  model: MoonshineModel,
  { samples, speech }: Segment,
  words: readonly string[],
): Promise<PlacedWord[] | undefined> {
  const spellings = words.map(encodeWord);
  const ids = spellings.flat();
  if (ids.length > MAX_TOKENS) return undefined;
  const decoded = await forceTokens(model, withPadding(samples), ids);
  if (!decoded) return undefined;
  const tokens = timeTokens(decoded);
  let end = 0;
  const owned = spellings.map(({ length }) => {
    end += length;
    return spokenOf(tokens.slice(end - length, end));
  });
  return placeWords(owned, { lengthSeconds: samples.length / SAMPLE_RATE, speech });
}

/** Marks are not said: what attention they get is for the pause after the word. */
function spokenOf(tokens: readonly TimedToken[]): readonly TimedToken[] {
  const spoken = tokens.filter(({ text }) => SPOKEN.test(text));
  return spoken.length > 0 ? spoken : tokens;
}
