import type { AudioFile } from './audio-file.ts';
import { isUniform, readWavHeader, type WavHeader } from './containers/wav.ts';
import { SAMPLE_RATE } from './sample-rate.ts';
import type { Source } from './source.ts';

const READ_BYTES = 64_000;

/**
 * The samples of the commonest upload, a WAV file that is 16 kHz, 16 bits and mono already. `undefined`
 * for any other file.
 */
export async function readPlainWav(
  { file, identified }: Source,
  signal: AbortSignal,
): Promise<AsyncGenerator<Buffer, void, undefined> | undefined> {
  if (identified.format !== 'wav') return undefined;
  const header = await readWavHeader(file);
  if (!header || !isUniform(header) || header.encoding !== 'pcm') return undefined;
  if (header.sampleRate !== SAMPLE_RATE || header.bitsPerSample !== 16 || header.channels !== 1)
    return undefined;
  return readData(file, header, signal);
}

async function* readData(file: AudioFile, { dataStart, presentBytes }: WavHeader, signal: AbortSignal) {
  for (let done = 0; done < presentBytes; done += READ_BYTES) {
    signal.throwIfAborted();
    yield await file.read(dataStart + done, Math.min(READ_BYTES, presentBytes - done));
  }
  signal.throwIfAborted();
}
