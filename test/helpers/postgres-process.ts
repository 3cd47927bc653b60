import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { leashProcess } from './leash.ts';
import type { RunAs } from './postgres-programs.ts';
import { query } from './query.ts';

const READY_LIMIT_MS = 60_000;
/** `fsync` as in production; logical replication carries the key tables between regions. */
const SETTINGS = [
  'fsync=on',
  'wal_level=logical',
  'wal_retrieve_retry_interval=500ms', // a link that was cut is made again soon
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=500', // of many servers at once
];

/** Where a PostgreSQL is, and as whom it runs. */
export interface Place {
  /** Directory of its programs. */
  readonly bin: string;
  readonly data: string;
  readonly port: number;
  readonly password: string;
  readonly runAs: RunAs | undefined;
  /** Beside those of every test. */
  readonly settings: readonly string[];
}

export interface PostgresProcess {
  /** Of the database `postgres`. */
  readonly address: string;
  /** Of the process that starts all others, while it runs. */
  pid(): number | undefined;
  /** Starts it, also again after a crash, and waits until it answers. */
  start(): Promise<void>;
  /** Ends it at once: nothing is written any more, and what was not on disk is lost. */
  crash(): Promise<void>;
}

/** A PostgreSQL on a directory that is there, not started yet. */
export function runPostgres({ bin, data, port, password, runAs, settings: further }: Place): PostgresProcess {
  const address = `postgres://parley:${password}@127.0.0.1:${port}/postgres`;
  const settings = [...SETTINGS, ...further, `port=${port}`].flatMap((setting) => ['-c', setting]);
  let running: { child: ChildProcess; exited: Promise<unknown> } | undefined;

  const crash = async () => {
    running?.child.kill('SIGQUIT');
    await running?.exited;
    running = undefined;
  };
  return {
    address,
    pid: () => running?.child.pid,
    crash,
    async start() {
      const child = spawn(path.join(bin, 'postgres'), ['-D', data, ...settings], {
        ...runAs,
        cwd: data,
        env: bareEnvironment(),
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const log: string[] = [];
      child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));
      const exited = once(child, 'exit');
      if (child.pid !== undefined) void exited.then(leashProcess(child.pid, 'QUIT'));
      running = { child, exited };
      if (await accepts(address, child)) return;
      await crash();
      throw new Error(`PostgreSQL did not start:\n${log.join('').slice(-2000)}`);
    },
  };
}

/** Nothing of the test runner's environment: PGOPTIONS and the like would change the cluster. */
export function bareEnvironment(): Record<string, string | undefined> {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}

async function accepts(url: string, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + READY_LIMIT_MS;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    try {
      await query(url, 'select 1');
      return true;
    } catch {
      await sleep(50); // refused or still starting
    }
  }
  return false;
}
