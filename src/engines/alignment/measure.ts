import type { Audio } from '../engine.ts';

/** Audio that is passed on, and how much of it has been so far. */
export interface MeasuredAudio {
  readonly audio: Audio;
  readonly seconds: number;
}

export function measure(source: Audio): MeasuredAudio {
  let samples = 0;
  return {
    audio: (async function* () {
      for await (const chunk of source) {
        samples += chunk.length;
        yield chunk;
      }
    })(),
    get seconds() {
      return samples / 16_000;
    },
  };
}
