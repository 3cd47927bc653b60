import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { leashedDirectory, leashProcess } from './leash.ts';
import {
  availableSources,
  programsFor,
  type RunAs,
  type Source,
  unprivilegedUser,
} from './postgres-programs.ts';

const READY_LIMIT_MS = 30_000;
/** `fsync` as in production; logical replication carries the key tables between regions. */
const SETTINGS = [
  'fsync=on',
  'wal_level=logical',
  'wal_retrieve_retry_interval=500ms', // a link that was cut is made again soon
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=500', // of many servers at once
];
/** Names the PostgreSQL that all files of a test run share; set by `shared-postgres.ts`. */
export const SHARED_POSTGRES = 'TEST_POSTGRES_URL';

export interface PostgresCluster {
  /** A database of the cluster, empty at the start. */
  readonly url: string;
  /** Of the process that starts all others. */
  readonly pid: number;
  /** Another empty database; returns its URL. */
  createDatabase(): Promise<string>;
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
    return await run({ bin, data, password, runAs, settings }, directory.remove);
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
    // What initdb writes may be lost with the machine; what tests write may not, see SETTINGS.
    [...args, '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...runAs, cwd: home, env: environment(), encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`initdb failed: ${error?.message ?? stderr}`);
  return data;
}

interface Installed {
  readonly bin: string;
  readonly data: string;
  readonly password: string;
  readonly runAs: RunAs | undefined;
  readonly settings: readonly string[];
}

async function run(
  { bin, data, password, runAs, settings: further }: Installed,
  removeDirectory: () => Promise<void>,
): Promise<PostgresCluster> {
  const port = await freePort();
  const urlOf = (database: string) => `postgres://parley:${password}@127.0.0.1:${port}/${database}`;
  const settings = [...SETTINGS, ...further, `port=${port}`].flatMap((setting) => ['-c', setting]);
  const child = spawn(path.join(bin, 'postgres'), ['-D', data, ...settings], {
    ...runAs,
    cwd: data,
    env: environment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));
  const exited = once(child, 'exit');
  if (child.pid !== undefined) void exited.then(leashProcess(child.pid, 'QUIT'));
  const stop = async () => {
    child.kill('SIGQUIT'); // at once, without a checkpoint: the data goes anyway
    await exited;
    await removeDirectory();
  };
  if (!(await accepts(urlOf('postgres'), child))) {
    await stop();
    throw new Error(`PostgreSQL did not start:\n${log.join('').slice(-2000)}`);
  }
  const createDatabase = () => addDatabase(urlOf('postgres'));
  return { url: await createDatabase(), pid: child.pid ?? 0, createDatabase, stop };
}

/** Nothing of the test runner's environment: PGOPTIONS and the like would change the cluster. */
function environment(): Record<string, string | undefined> {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}

async function accepts(url: string, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + READY_LIMIT_MS;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    try {
      await withClient(url, (client) => client.query('select 1'));
      return true;
    } catch {
      await sleep(50); // refused or still starting
    }
  }
  return false;
}

/** A new empty database of the shared PostgreSQL; returns its URL. */
export function newDatabase(): Promise<string> {
  return addDatabase(process.env[SHARED_POSTGRES] ?? '');
}

async function addDatabase(url: string): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await withClient(url, (client) => client.query(`create database ${name}`));
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end();
  }
}
