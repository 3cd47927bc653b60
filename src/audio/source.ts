import { resolve } from 'node:path';
import { type AudioFile, openAudioFile } from './audio-file.ts';
import type { Ffmpeg } from './ffmpeg/find.ts';
import { type Identified, identify } from './format.ts';
import { invalid } from './limits.ts';
import type { AudioOptions } from './options.ts';

/** What probing and decoding share. */
export interface Context {
  readonly ffmpeg: Ffmpeg;
  readonly options: AudioOptions;
}

/** An open file of a known format. */
export interface Source {
  /** Absolute. */
  readonly path: string;
  readonly file: AudioFile;
  readonly identified: Identified;
}

/** Opens a file; the caller closes `source.file`. Throws `AppError('invalid_audio')` if its format is unknown. */
export async function openSource(path: string): Promise<Source> {
  const file = await openAudioFile(path);
  let source: Source | undefined;
  try {
    const identified = await identify(file);
    if (!identified)
      throw invalid(file.sizeBytes === 0 ? 'the file is empty' : 'the file is of no known audio format');
    source = { path: resolve(path), file, identified };
    return source;
  } finally {
    if (!source) await file.close();
  }
}
