import type { Audio } from '../engine.ts';

/** Below this a sample counts as silence. */
const AUDIBLE = 0.001;

/** Reads audio up to exact positions, whatever the length of its chunks. */
export class SampleReader {
  private readonly chunks: AsyncIterator<Float32Array>;
  private rest = new Float32Array(0);
  private position = 0;

  constructor(audio: Audio) {
    this.chunks = audio[Symbol.asyncIterator]();
  }

  /** Reads up to a position in samples. Tells whether the audio reached it and whether there was any sound. */
  async readTo(end: number): Promise<{ reached: boolean; audible: boolean }> {
    let audible = false;
    while (this.position < end) {
      if (this.rest.length === 0) {
        const next = await this.chunks.next();
        if (next.done) return { reached: false, audible };
        this.rest = next.value.slice();
      }
      const part = this.rest.subarray(0, end - this.position);
      audible ||= part.some((sample) => Math.abs(sample) > AUDIBLE);
      this.rest = this.rest.subarray(part.length);
      this.position += part.length;
    }
    return { reached: true, audible };
  }

  /** Tells the source that the rest is not wanted. */
  async stop(): Promise<void> {
    await this.chunks.return?.();
  }
}
