import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { sync } from '../base/sync.ts';

/** What keeps a backup from being made or restored, in a sentence for the operator. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

export interface ArchiveWriter {
  add(name: string, content: Buffer): Promise<void>;
  addStream(name: string, sizeBytes: number, content: Readable): Promise<void>;
}

export interface ArchiveEntry {
  readonly name: string;
  /** To be read to its end. */
  readonly content: Readable;
}

/**
 * Writes a `.tar.gz` (mode 0600) with what `fill` adds. The file is there once it is whole and on the disk, or not at
 * all. Throws `BackupError` when there is a file already.
 */
export async function writeArchive(
  path: string,
  fill: (archive: ArchiveWriter) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const tar = pack();
  const written = pipeline(
    tar,
    createGzip({ level: 6 }),
    createWriteStream(temporary, { flags: 'wx', mode: 0o600 }),
  );
  const filled = fill({
    add: (name, content) =>
      new Promise((resolve, reject) => {
        tar.entry({ name, size: content.length }, content, (error) => (error ? reject(error) : resolve()));
      }),
    addStream: (name, size, content) => pipeline(content, tar.entry({ name, size })),
  }).then(() => tar.finalize());
  try {
    // A full disk ends the writing while the filling would wait for ever.
    await Promise.all([written, Promise.race([filled, written])]);
    await sync(temporary);
    await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? new BackupError(`${path} exists already; name another file`) : error;
    });
  } finally {
    tar.destroy();
    filled.catch(() => {});
    await rm(temporary, { force: true });
  }
}

/** Reads the entries of an archive, in order. Throws `BackupError` where the file is no whole archive. */
export async function readArchive(
  path: string,
  onEntry: (entry: ArchiveEntry) => Promise<void>,
): Promise<void> {
  const entries = extract();
  const reading = pipeline(createReadStream(path), createGunzip(), entries);
  reading.catch(() => {});
  try {
    for await (const entry of entries) {
      await onEntry({ name: entry.header.name, content: entry as unknown as Readable });
    }
    await reading;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const isOfTheFile =
      code === 'ENOENT' || /^Z_/.test(code) || /^unexpected end of (file|data)$/i.test(message);
    throw isOfTheFile ? new BackupError(`${path} is no whole backup (${message})`) : error;
  } finally {
    entries.destroy();
  }
}

/** The content of an entry as text. */
export const textOf = async ({ content }: ArchiveEntry): Promise<string> =>
  (await buffer(content)).toString();
