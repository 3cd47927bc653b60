import { once } from 'node:events';
import { chmod, cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { forkModule } from '../base/fork-module.ts';
import { createSql, type Database, runRaw } from './database.ts';
import { createPglitePool } from './pglite-pool.ts';

/** An initialised, empty directory, made once per installation: initdb takes seconds, a copy does not. */
const TEMPLATE = fileURLToPath(new URL('../../.cache/embedded-postgres', import.meta.url));

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Opens PostgreSQL inside this process, its files in `directory` (made at first use). The caller holds the lock on
 * the data directory: two processes on one directory silently lose rows.
 */
export async function openEmbedded(directory: string): Promise<Database> {
  if (!(await exists(directory))) {
    await ensureTemplate();
    await replaceDirectory(directory, (temporary) => cp(TEMPLATE, temporary, { recursive: true }));
  }
  const pglite = await PGlite.create(directory);
  const sql = createSql(createPglitePool(pglite));
  return {
    sql,
    async listen({ channel, onMessage }) {
      await pglite.listen(channel, onMessage);
    },
    askFeed: async (text, values) => (await runRaw(sql, text, values)).rows,
    close: () => sql.destroy(),
  };
}

/** Makes the template if it is missing; safe when several processes do so at once. */
async function ensureTemplate(): Promise<void> {
  if (await exists(TEMPLATE)) return;
  await replaceDirectory(TEMPLATE, initialise);
}

/** In a process of its own, because initdb leaves the process that ran it with 500 MB it never gives back. */
async function initialise(directory: string): Promise<void> {
  const child = forkModule(import.meta.url, './initialise-embedded.ts', { stdio: 'inherit' });
  child.send(directory);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the embedded PostgreSQL could not be initialised (exit code ${code})`);
}

/** Fills a directory under another name and renames it, so that a crash leaves none half made. */
async function replaceDirectory(target: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${target}.${process.pid}.tmp`;
  await mkdir(join(target, '..'), { recursive: true });
  await fill(temporary);
  await chmod(temporary, 0o700);
  await rename(temporary, target).catch(async (error: NodeJS.ErrnoException) => {
    await rm(temporary, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}
