import { SAMPLE_RATE } from './frames.ts';

/** Silence put on either side of a segment; without it models lose the first and the last word. */
export const PADDING_SECONDS = 0.3;

/** The samples of a segment between two silences, as models want them. */
export function withPadding(samples: Float32Array): Float32Array {
  const padded = new Float32Array(samples.length + 2 * PADDING_SECONDS * SAMPLE_RATE);
  padded.set(samples, PADDING_SECONDS * SAMPLE_RATE);
  return padded;
}

/** The same before a segment that is not complete. */
export function withPaddingBefore(samples: Float32Array): Float32Array {
  const padded = new Float32Array(samples.length + PADDING_SECONDS * SAMPLE_RATE);
  padded.set(samples, PADDING_SECONDS * SAMPLE_RATE);
  return padded;
}
