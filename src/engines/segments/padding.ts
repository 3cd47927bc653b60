import { SAMPLE_RATE } from './frames.ts';

/** Silence put on either side of a segment; without it models lose the first and the last word. */
export const PADDING_SECONDS = 0.3;

/** The samples of a segment between two silences, as models want them. */
export const withPadding = (samples: Float32Array): Float32Array => padded(samples, 2);

/** A segment that is not complete: with the silence before it alone. */
export const withPaddingBefore = (samples: Float32Array): Float32Array => padded(samples, 1);

function padded(samples: Float32Array, sides: 1 | 2): Float32Array {
  const result = new Float32Array(samples.length + sides * PADDING_SECONDS * SAMPLE_RATE);
  result.set(samples, PADDING_SECONDS * SAMPLE_RATE);
  return result;
}
