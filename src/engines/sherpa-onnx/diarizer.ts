import { join } from 'node:path';
import { EngineError } from '../engine.ts';
import { loadLibrary, openModel } from './library.ts';

/** A stretch in which one speaker is heard, in seconds of the recording. Stretches may overlap. */
export interface Turn {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** A number within this recording. */
  readonly speaker: number;
}

export interface Diarizer {
  /**
   * Tells the speakers of a whole recording apart, 16 kHz mono; blocks its thread meanwhile.
   * @param sensitivity in [0, 1]; 0.5 is the model's own, more finds more speakers
   */
  turnsOf(samples: Float32Array, sensitivity: number): Turn[];
}

const THRESHOLD = 0.5;
/** How far the sensitivity moves the distance from which two voices are two speakers, either way. */
const THRESHOLD_RANGE = 0.3;

/** The distance of two voices from which they count as two speakers, for a sensitivity in [0, 1]. */
export function thresholdFor(sensitivity: number, ownThreshold = THRESHOLD): number {
  return Math.min(1, Math.max(0, ownThreshold + (0.5 - sensitivity) * 2 * THRESHOLD_RANGE));
}

/**
 * Loads installed models that tell speakers apart. A file that is no model aborts the process. Throws `EngineError`.
 */
export async function openDiarizer(directory: string, threads: number): Promise<Diarizer> {
  const { name, diarizer: files } = await openModel(directory);
  if (!files) throw new EngineError(`the model ${name} tells no speakers apart`, { retryable: false });
  const library = await loadLibrary();
  const config = {
    segmentation: {
      pyannote: { model: join(directory, files.segmentation) },
      numThreads: threads,
      provider: 'cpu',
      debug: 0,
    },
    embedding: { model: join(directory, files.embedding), numThreads: threads, provider: 'cpu', debug: 0 },
    clustering: { numClusters: -1, threshold: thresholdFor(0.5, files.threshold) },
    // The library's own example: shorter speech is dropped, shorter pauses of one speaker are closed.
    minDurationOn: 0.2,
    minDurationOff: 0.5,
  };
  const diarization = new library.OfflineSpeakerDiarization(config);
  return {
    turnsOf(samples, sensitivity) {
      const threshold = thresholdFor(sensitivity, files.threshold);
      diarization.setConfig({ clustering: { numClusters: -1, threshold } });
      return diarization
        .process(samples)
        .map(({ start, end, speaker }) => ({ startSeconds: start, endSeconds: end, speaker }));
    },
  };
}
