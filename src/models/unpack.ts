import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import unbzip2 from 'unbzip2-stream';
import { lastPart } from './model.ts';
import { ModelError } from './model-error.ts';

/** No model is so large; an archive that unpacks to more is an attack. */
const MAX_UNPACKED_BYTES = 16 * 1024 ** 3;

export interface Selection {
  /** Paths inside the archive. Only these are written, each under its last part. */
  readonly files: readonly string[];
  readonly directory: string;
  readonly maxUnpackedBytes?: number;
}

/**
 * Unpacks some files of a `.tar.bz2`, as `extractFiles`. `onProgress` is told the bytes of the archive read so far.
 * Throws `ModelError`.
 */
export async function unpack(
  archive: string,
  selection: Selection,
  onProgress: (doneBytes: number) => void,
): Promise<void> {
  const compressed = createReadStream(archive);
  const decompressor = unbzip2();
  const plain = new PassThrough();
  let read = 0;
  compressed.on('data', (chunk) => {
    read += chunk.length;
    onProgress(read);
  });
  // Errors cross by hand: the decompressor is older than `pipeline`.
  for (const stream of [compressed, decompressor]) stream.on('error', (error: Error) => plain.destroy(error));
  compressed.pipe(decompressor).pipe(plain);
  try {
    await extractFiles(plain, selection);
  } finally {
    compressed.destroy();
  }
}

/**
 * Writes some files of a tar archive held to be hostile: no path of the archive becomes a path on disk, links and
 * devices are never made, and the whole may not exceed `maxUnpackedBytes`. Throws `ModelError`.
 */
export async function extractFiles(
  archive: AsyncIterable<Uint8Array>,
  { files, directory, maxUnpackedBytes = MAX_UNPACKED_BYTES }: Selection,
): Promise<void> {
  const wanted = new Set(files);
  const entries = extract();
  const reading = pipeline(limited(archive, maxUnpackedBytes), entries);
  reading.catch(() => {});
  try {
    for await (const entry of entries) {
      const path = entry.header.name.replace(/^(\.\/)+/, '');
      if (!wanted.delete(path)) {
        entry.resume();
        continue;
      }
      if (entry.header.type !== 'file') throw new ModelError(`${path} in the archive is no regular file`);
      const target = createWriteStream(join(directory, lastPart(path)), { flags: 'wx', mode: 0o600 });
      await pipeline(entry, target);
    }
    await reading;
  } catch (error) {
    entries.destroy();
    if (error instanceof ModelError) throw error;
    throw new ModelError(`the archive cannot be read: ${(error as Error).message}`);
  }
  const [missing] = wanted;
  if (missing !== undefined) throw new ModelError(`the archive has no ${missing}`);
}

async function* limited(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let unpacked = 0;
  for await (const chunk of chunks) {
    unpacked += chunk.length;
    if (unpacked > maxBytes) throw new ModelError('the archive unpacks to more than any model');
    yield chunk;
  }
}
