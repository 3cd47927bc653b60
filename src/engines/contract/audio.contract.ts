import type { Audio } from '../engine.ts';

/** What the engine contract feeds to engines: audio that watches how it is read. */

const SAMPLE_RATE = 16_000;
const PAUSE_SAMPLES = 2 * SAMPLE_RATE;
/** An engine may read ahead by one segment and its closing silence, not by the recording. */
export const MAX_READ_AHEAD_SECONDS = 60;

/** Samples in chunks of equal length. */
export async function* chunksOf(samples: Float32Array, chunkLength: number): AsyncGenerator<Float32Array> {
  for (let start = 0; start < samples.length; start += chunkLength) {
    yield samples.subarray(start, start + chunkLength);
  }
}

/** Speech and a pause over and over, without end. Throws once it was read for a minute: nobody needs so much. */
export class EndlessSpeech implements Audio {
  isStopped = false;
  private readonly round: Float32Array;

  constructor(speech: Float32Array) {
    this.round = new Float32Array(speech.length + PAUSE_SAMPLES);
    this.round.set(speech);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Float32Array> {
    let pulledSamples = 0;
    try {
      for (;;) {
        for await (const chunk of chunksOf(this.round, SAMPLE_RATE / 10)) {
          pulledSamples += chunk.length;
          if (pulledSamples > MAX_READ_AHEAD_SECONDS * SAMPLE_RATE) throw new Error('read too far ahead');
          yield chunk;
        }
      }
    } finally {
      this.isStopped = true;
    }
  }
}

/** Gives the samples, then nothing more, as a connection does that hangs. */
export async function* stalling(samples: Float32Array): AsyncGenerator<Float32Array> {
  yield* chunksOf(samples, SAMPLE_RATE / 10);
  await new Promise(() => {});
}

/** Gives the samples, then throws. */
export async function* breaking(samples: Float32Array, error: Error): AsyncGenerator<Float32Array> {
  yield* chunksOf(samples, SAMPLE_RATE / 10);
  throw error;
}
