import { randomUUID } from 'node:crypto';
import { link, open, opendir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { newId } from '../base/ids.ts';
import { askRarely } from '../base/rarely.ts';
import { checkBlobKey } from './blob-key.ts';
import {
  type BlobContent,
  BlobNotFound,
  type BlobStore,
  type LocalBlob,
  type ReadOptions,
} from './blob-store.ts';
import { chunksOf } from './chunks.ts';
import { exists, isAbsence, makeDirectory, orAway, syncDirectories } from './directories.ts';

export interface DiskStore extends BlobStore {
  /**
   * Makes the root; call it once before anything else. With `isAlone`, when no other process uses the root, it also
   * removes what an earlier process left half written or half deleted. Resolves to the id of the store, the same for
   * every process that uses the root.
   */
  start(options: { readonly isAlone: boolean }): Promise<string>;
  /** Why the disk takes nothing, by the code of the system (`ENOSPC`); it is tried every few seconds at most. */
  faultCode(): Promise<string | undefined>;
}

const TRIED_EVERY_MS = 3_000;
/** More than is put aside for small files. */
const TRIED_BYTES = 64 * 1024;

/**
 * Blobs as files (mode 0600) in directories (0700) under `root`, at the path their key spells. Content and
 * deletions pass through `<root>/.tmp`, so that each appears or disappears in one step.
 */
export function createDiskStore(options: { readonly root: string }): DiskStore {
  const root = resolve(options.root);
  const tempDirectory = join(root, '.tmp');
  const pathOf = (key: string) => {
    checkBlobKey(key);
    return join(root, key);
  };
  const tempPath = () => join(tempDirectory, randomUUID());

  async function tryToWrite(): Promise<string | undefined> {
    const temp = tempPath();
    try {
      await writeFile(temp, Buffer.alloc(TRIED_BYTES));
      return undefined;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unknown';
    } finally {
      await rm(temp, { force: true }).catch(() => {});
    }
  }

  return {
    faultCode: askRarely(TRIED_EVERY_MS, tryToWrite),

    async start({ isAlone }) {
      if (isAlone) await rm(tempDirectory, { recursive: true, force: true });
      const firstMade = await makeDirectory(tempDirectory);
      await syncDirectories(dirname(firstMade), root);
      return readId(`${root}.id`, tempPath());
    },

    async put(key, content, signal) {
      const path = pathOf(key);
      const temp = tempPath();
      try {
        const sizeBytes = await writeFile(temp, content, signal);
        await makeDirectory(dirname(path));
        await rename(temp, path);
        await syncDirectories(root, dirname(path));
        return { sizeBytes };
      } catch (error) {
        await rm(temp, { force: true });
        throw orAway(error);
      }
    },

    async get(key, options = {}) {
      const path = pathOf(key);
      options.signal?.throwIfAborted();
      return openFile(path, key, options);
    },

    async localPath(key, signal) {
      const path = pathOf(key);
      signal?.throwIfAborted();
      return findFile(path, key);
    },

    async delete(prefix) {
      const path = pathOf(prefix);
      const temp = tempPath();
      try {
        await rename(path, temp);
      } catch (error) {
        // The temporary directory may be what is missing: then the blob is still there, and this no success.
        if (isAbsence(error) && !(await exists(path))) return;
        throw error;
      }
      await syncDirectories(dirname(path), dirname(path));
      await rm(temp, { recursive: true, force: true });
    },

    list(prefix) {
      return listFiles(pathOf(prefix), prefix);
    },
  };
}

/** Reads the id, or makes it. The file lies beside the root, which holds blobs and nothing else. */
async function readId(path: string, temp: string): Promise<string> {
  await writeFile(temp, Buffer.from(newId('store')));
  // Whole from the first moment, and never in place of another's.
  await link(temp, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(temp);
  await syncDirectories(dirname(path), dirname(path));
  return readFile(path, 'utf8');
}

/** Writes a new file through to the disk. Returns its size in bytes. */
async function writeFile(path: string, content: BlobContent, signal?: AbortSignal): Promise<number> {
  const handle = await open(path, 'wx', 0o600);
  try {
    let sizeBytes = 0;
    for await (const chunk of chunksOf(content, signal)) {
      await handle.appendFile(chunk);
      sizeBytes += chunk.byteLength;
    }
    await handle.sync();
    return sizeBytes;
  } finally {
    await handle.close();
  }
}

async function openFile(path: string, key: string, { range, signal }: ReadOptions): Promise<Readable> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw isAbsence(error) ? new BlobNotFound(key, { cause: error }) : error;
  });
  try {
    if (!(await handle.stat()).isFile()) throw new BlobNotFound(key);
    return handle.createReadStream({ ...range, ...(signal && { signal }) });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function findFile(path: string, key: string): Promise<LocalBlob> {
  const found = await stat(path).catch((error: unknown) => {
    throw isAbsence(error) ? new BlobNotFound(key, { cause: error }) : error;
  });
  if (!found.isFile()) throw new BlobNotFound(key);
  return { path, release: async () => undefined };
}

/** Keys of the files at or under `path`. What disappears meanwhile is skipped. */
async function* listFiles(path: string, key: string): AsyncGenerator<string> {
  try {
    if ((await stat(path)).isFile()) {
      yield key;
      return;
    }
    for await (const entry of await opendir(path)) {
      const child = `${key}/${entry.name}`;
      if (entry.isDirectory()) yield* listFiles(join(path, entry.name), child);
      else if (entry.isFile()) yield child;
    }
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}
