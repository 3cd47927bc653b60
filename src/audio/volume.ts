import { SAMPLE_RATE } from './sample-rate.ts';

/** 20 ms: a word has several, and two hours of audio are 360,000 numbers. */
const FRAME_SAMPLES = SAMPLE_RATE / 50;
const FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE;
/** Mean square of a sine that uses the whole range: 0 dBFS, by the definition of AES17. */
const FULL_SCALE = 0.5;
/** What is this much quieter counts as silence. */
const RANGE_DB = 60;

/** Ten seconds. */
const FORGOTTEN_AT_ONCE = 500;

/** Listens to audio as it passes and tells how loud each part was. Keeps one number per 20 ms until told to forget. */
export interface VolumeMeter {
  /** The next samples, in chunks of any length. */
  hear(samples: Float32Array): void;
  /**
   * Loudness of what was heard between two times: the root mean square in dBFS (a sine that uses the whole range is
   * 0 dBFS), from -60 dBFS or less = 0 to 0 dBFS or more = 100, linear in dB, to one decimal. Beginning and
   * end are widened to whole frames of 20 ms; a span behind the last frame is given that of the last one.
   */
  between(startSeconds: number, endSeconds: number): number;
  /** Nobody will ask for anything before this time. */
  forgetBefore(seconds: number): void;
}

export function createVolumeMeter(): VolumeMeter {
  const frames: number[] = [];
  let forgotten = 0;
  let sum = 0;
  let count = 0;
  return {
    hear(samples) {
      for (const sample of samples) {
        sum += sample * sample;
        count += 1;
        if (count < FRAME_SAMPLES) continue;
        frames.push(sum / FRAME_SAMPLES);
        sum = 0;
        count = 0;
      }
    },
    between(startSeconds, endSeconds) {
      const last = Math.max(0, frames.length - 1);
      const first = Math.max(0, Math.min(Math.floor(startSeconds / FRAME_SECONDS) - forgotten, last));
      const end = Math.max(first + 1, Math.ceil(endSeconds / FRAME_SECONDS) - forgotten);
      const heard = frames.slice(first, end);
      return volumeOf(heard.reduce((total, frame) => total + frame, 0) / Math.max(1, heard.length));
    },
    forgetBefore(seconds) {
      const over = Math.floor(seconds / FRAME_SECONDS) - forgotten;
      // Rarely, because what is left is moved.
      if (over < FORGOTTEN_AT_ONCE) return;
      // The last frame stands for what comes behind it.
      forgotten += frames.splice(0, Math.min(over, frames.length - 1)).length;
    },
  };
}

function volumeOf(meanSquare: number): number {
  const dbfs = 10 * Math.log10(meanSquare / FULL_SCALE);
  const volume = 100 * (1 + dbfs / RANGE_DB);
  return Math.round(10 * Math.min(100, Math.max(0, volume))) / 10;
}
