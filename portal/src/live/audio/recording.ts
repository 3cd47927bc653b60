import { LiveFault } from '../session/live-fault.ts';
import { SPEECH_SAMPLE_RATE } from './audio-source.ts';

/** A file that can be played to the server. */
export interface Recording {
  readonly file: File;
  readonly durationSeconds: number;
  /** Mono, at 16 kHz. */
  readonly samples: Float32Array<ArrayBuffer>;
}

/** The browser decodes the whole file in memory, where it takes about ten times as much. */
const MAX_BYTES = 100_000_000;

/** Decodes a file in the browser. Rejects with a `LiveFault`. */
export async function readRecording(file: File): Promise<Recording> {
  if (file.size > MAX_BYTES) throw new LiveFault('file_too_large');
  const decoded = await decode(file);
  if (decoded.length === 0) throw new LiveFault('file_not_readable');
  return { file, durationSeconds: decoded.duration, samples: mono(decoded) };
}

async function decode(file: File): Promise<AudioBuffer> {
  try {
    // A context decodes to its own rate.
    const context = new OfflineAudioContext(1, 1, SPEECH_SAMPLE_RATE);
    return await context.decodeAudioData(await file.arrayBuffer());
  } catch (cause) {
    throw new LiveFault('file_not_readable', { cause });
  }
}

function mono(decoded: AudioBuffer): Float32Array<ArrayBuffer> {
  const mixed = new Float32Array(decoded.length);
  for (let channel = 0; channel < decoded.numberOfChannels; channel += 1) {
    decoded.getChannelData(channel).forEach((sample, at) => {
      mixed[at] = (mixed[at] ?? 0) + sample / decoded.numberOfChannels;
    });
  }
  return mixed;
}
