import type { Audio } from '../engine.ts';

export const SAMPLE_RATE = 16_000;
/** Samples the voice activity detector judges at a time: 32 ms. */
export const FRAME_SAMPLES = 512;
export const FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE;

/**
 * Cuts audio into frames of 512 samples, whatever the length of its chunks. The last one may be shorter.
 * Samples that are no numbers in [-1, 1] are brought there: one NaN would deafen the detector for good.
 */
export async function* readFrames(audio: Audio): AsyncGenerator<Float32Array> {
  let frame = new Float32Array(FRAME_SAMPLES);
  let filled = 0;
  for await (const chunk of audio) {
    for (let taken = 0; taken < chunk.length; ) {
      const part = chunk.subarray(taken, taken + FRAME_SAMPLES - filled);
      for (const [index, sample] of part.entries())
        frame[filled + index] = Math.max(-1, Math.min(1, sample)) || 0;
      filled += part.length;
      taken += part.length;
      if (filled === FRAME_SAMPLES) {
        yield frame;
        frame = new Float32Array(FRAME_SAMPLES);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield frame.subarray(0, filled);
}
