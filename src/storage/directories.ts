import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sync } from '../base/sync.ts';
import { StorageAway } from './blob-store.ts';

/** Makes the directory and its missing parents, for this user only. Returns the topmost one it made, or `path`. */
export async function makeDirectory(path: string): Promise<string> {
  return (await mkdir(path, { recursive: true, mode: 0o700 })) ?? path;
}

/**
 * Makes the entries of `directory` and of its parents up to `root` survive power loss. Parents that already
 * existed are included: another writer may have made them a moment ago, without having come this far.
 */
export async function syncDirectories(root: string, directory: string): Promise<void> {
  for (let path = directory; ; path = dirname(path)) {
    await sync(path);
    if (path === root || path === dirname(path)) return;
  }
}

/** Whether the error says that nothing is at the path, or that a file stands where it needs a directory. */
export function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** Whether a file or directory is at the path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS'];

/** The error as `StorageAway` where the disk takes no more: there is nothing wrong with what was to be written. */
export function orAway(error: unknown): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  return FULL.includes(code) ? new StorageAway(`the disk takes nothing (${code})`, { cause: error }) : error;
}
