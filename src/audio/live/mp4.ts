import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBoxBytes } from '../containers/mp4.ts';
import { decodeFile } from '../decode.ts';
import { invalid } from '../limits.ts';
import type { Context } from '../source.ts';
import type { ByteReader } from './byte-reader.ts';

const BOX_HEADER_BYTES = 16;
const MAX_KEPT_MIB = 64;

/** Whether an MP4 stream can be decoded as it comes: its index is sent before the audio. */
export async function hasIndexFirst(reader: ByteReader): Promise<boolean> {
  for (let at = 0; ; ) {
    const head = (await reader.peek(at + BOX_HEADER_BYTES)).subarray(at);
    const type = head.toString('latin1', 4, 8);
    const sizeBytes = readBoxBytes(head) ?? 0;
    if (type === 'moov') return true;
    if (type === 'mdat' || sizeBytes < 8) return false;
    at += sizeBytes;
  }
}

/**
 * Decodes a stream once it has ended, from a temporary file. Throws as `Decoder.decode` does, and
 * `AppError('invalid_audio')` if the stream is too large to be kept.
 */
export async function* decodeAtEnd(
  context: Context,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-live-'));
  try {
    const path = join(folder, 'audio');
    await writeFile(path, limited(bytes));
    yield* decodeFile(context, path, undefined, signal);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function* limited(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = MAX_KEPT_MIB * 1024 * 1024;
  for await (const piece of bytes) {
    left -= piece.length;
    if (left < 0) {
      throw invalid(`an MP4 stream with its index at the end must not have more than ${MAX_KEPT_MIB} MiB`);
    }
    yield piece;
  }
}
