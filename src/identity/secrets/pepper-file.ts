import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sync } from '../../base/sync.ts';
import { linesOf, newPepperLine } from './pepper.ts';

/**
 * Adds a new pepper as the last line of the file, where it opens what other nodes make with it and makes nothing itself.
 * Once every node was started with it, `useNewestPepper` may follow.
 */
export const addPepper = (path: string): Promise<void> =>
  change(path, (peppers) => [...peppers, newPepperLine()]);

/** Makes the last pepper of the file the current one; the others go on opening what was made with them. */
export const useNewestPepper = (path: string): Promise<void> =>
  change(path, (peppers) => {
    const newest = peppers.at(-1);
    if (newest === undefined || peppers.length === 1) {
      throw new Error(`${path} holds one pepper, which is in use; add another first`);
    }
    return [newest, ...peppers.slice(0, -1)];
  });

/** Writes the file anew in one step, with the owner and mode it has. Throws when it is not there or holds no peppers. */
async function change(path: string, edit: (peppers: readonly string[]) => readonly string[]): Promise<void> {
  const peppers = linesOf(await readFile(path, 'utf8'), path);
  const text = `${edit(peppers).join('\n')}\n`;
  const { mode, uid, gid } = await stat(path);
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.chown(uid, gid);
    await file.chmod(mode & 0o777);
    await file.sync();
    await rename(temporary, path);
    await sync(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
