import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from './free-port.ts';
import { leashedDirectory } from './leash.ts';
import { bareEnvironment, type Place, type PostgresProcess, runPostgres } from './postgres-process.ts';
import {
  availableSources,
  programsFor,
  type RunAs,
  type Source,
  unprivilegedUser,
} from './postgres-programs.ts';
import { query } from './query.ts';

/** Names the PostgreSQL that all files of a test run share; set by `shared-postgres.ts`. */
export const SHARED_POSTGRES = 'TEST_POSTGRES_URL';

export interface PostgresCluster extends PostgresProcess {
  /** A database of the cluster, empty at the start. */
  readonly url: string;
  readonly place: Place;
  /** Another empty database; returns its URL. */
  createDatabase(): Promise<string>;
  /** Ends it, and its data goes. */
  stop(): Promise<void>;
}

/**
 * Starts a throw-away PostgreSQL 15 on loopback. It ends with `stop`, and at the latest with this process.
 *
 * @param settings further ones, as in `max_wal_senders=20`
 */
export async function startPostgres(
  source: Source = availableSources()[0] ?? 'npm',
  settings: readonly string[] = [],
): Promise<PostgresCluster> {
  const runAs = unprivilegedUser();
  const directory = leashedDirectory('parley-postgres-');
  try {
    chmodSync(directory.path, 0o755); // the other user has to pass through
    const bin = programsFor(source, runAs, directory.path);
    const password = randomBytes(12).toString('hex');
    const data = initialise(bin, directory.path, password, runAs);
    const place = { bin, data, password, runAs, settings, port: await freePort() };
    const running = runPostgres(place);
    await running.start();
    const stop = async () => {
      await running.crash(); // at once, without a checkpoint: the data goes anyway
      await directory.remove();
    };
    const createDatabase = () => addDatabase(running.address);
    return { ...running, url: await createDatabase(), place, createDatabase, stop };
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

function initialise(bin: string, directory: string, password: string, runAs: RunAs | undefined): string {
  const home = path.join(directory, 'cluster');
  const passwordFile = path.join(home, 'password');
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(passwordFile, password);
  if (runAs !== undefined) for (const file of [home, passwordFile]) chownSync(file, runAs.uid, runAs.gid);
  const data = path.join(home, 'data');
  const args = ['-D', data, '-U', 'parley', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  const { status, error, stderr } = spawnSync(
    path.join(bin, 'initdb'),
    // What initdb writes may be lost with the machine; what tests write may not (`fsync`).
    [...args, '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...runAs, cwd: home, env: bareEnvironment(), encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`initdb failed: ${error?.message ?? stderr}`);
  return data;
}

/** A new empty database of the shared PostgreSQL; returns its URL. */
export function newDatabase(): Promise<string> {
  return addDatabase(process.env[SHARED_POSTGRES] ?? '');
}

async function addDatabase(url: string): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await query(url, `create database ${name}`);
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}
