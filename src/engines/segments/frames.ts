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
  const cutter = new FrameCutter();
  for await (const chunk of audio) yield* cutter.push(chunk);
  const rest = cutter.rest();
  if (rest) yield rest;
}

/** As `readFrames`, for chunks that are handed over. */
export class FrameCutter {
  private frame = new Float32Array(FRAME_SAMPLES);
  private filled = 0;

  /** The frames that a chunk completes. */
  *push(chunk: Float32Array): Generator<Float32Array> {
    for (let taken = 0; taken < chunk.length; ) {
      const part = chunk.subarray(taken, taken + FRAME_SAMPLES - this.filled);
      for (const [index, sample] of part.entries())
        this.frame[this.filled + index] = Math.max(-1, Math.min(1, sample)) || 0;
      this.filled += part.length;
      taken += part.length;
      if (this.filled === FRAME_SAMPLES) yield this.take();
    }
  }

  /** What is left when the audio is over. */
  rest(): Float32Array | undefined {
    const { filled } = this;
    return filled > 0 ? this.take().subarray(0, filled) : undefined;
  }

  private take(): Float32Array {
    const { frame } = this;
    this.frame = new Float32Array(FRAME_SAMPLES);
    this.filled = 0;
    return frame;
  }
}
