import { isUniform, readWavHeader } from '../containers/wav.ts';
import { checkStream } from '../limits.ts';
import type { AudioOptions } from '../options.ts';
import type { Encoding } from '../samples.ts';
import type { ByteReader } from './byte-reader.ts';

const ENCODINGS: Readonly<Record<string, Encoding>> = {
  pcm8: 'pcm_u8',
  pcm16: 'pcm_s16le',
  pcm24: 'pcm_s24le',
  pcm32: 'pcm_s32le',
  float32: 'pcm_f32le',
  mulaw8: 'mulaw',
};
/** The mix of more channels depends on where they are, which FFmpeg knows. */
const MAX_CHANNELS = 2;

export interface PlainWav {
  readonly encoding: Encoding;
  readonly channels: number;
  readonly sampleRate: number;
  /** The samples; what follows them is read and left out. */
  readonly data: AsyncGenerator<Uint8Array>;
}

/**
 * Reads the header of a WAV stream whose samples need no decoder. `undefined` for any other, of which nothing was read
 * then. Throws `AppError('invalid_audio')` if the rate is not one of sound.
 */
export async function openPlainWav(reader: ByteReader, options: AudioOptions): Promise<PlainWav | undefined> {
  const read = async (position: number, length: number) =>
    (await reader.peek(position + length)).subarray(position);
  const header = await readWavHeader({ sizeBytes: Number.POSITIVE_INFINITY, read });
  if (!header || !isUniform(header) || header.channels > MAX_CHANNELS) return undefined;
  const encoding = ENCODINGS[`${header.encoding}${header.bitsPerSample}`];
  if (!encoding) return undefined;
  const { channels, sampleRate } = header;
  checkStream(channels, sampleRate, options);
  await reader.skip(header.dataStart);
  return { encoding, channels, sampleRate, data: take(reader.rest(), header.presentBytes) };
}

async function* take(bytes: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  let left = length;
  for await (const piece of bytes) {
    if (left > 0) yield piece.subarray(0, left);
    left -= piece.length;
  }
}
