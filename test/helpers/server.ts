import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Bootstrap } from '../../src/app/bootstrap.ts';
import { leashedDirectory, leashProcess } from './leash.ts';
import { newDatabase, SHARED_POSTGRES } from './postgres.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;
const READY_LINE = /^parley: ready on (https?:\/\/\S+)$/;

interface ServerOptions {
  /** Added to the few variables a server gets; those of the test process are not passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Directory of an earlier server, to start on what it left. By default a new temporary one. */
  readonly dataDir?: string;
  /** Credentials of the database the server joins: only the first server of a database writes them. */
  readonly bootstrap?: Bootstrap;
  /** Leaves the temporary directory for a later server; it goes at the latest with the test process. */
  readonly keepData?: boolean;
  /** Its own database, as an installation has without settings, though the test run shares a PostgreSQL. */
  readonly isEmbedded?: boolean;
}

export interface RunningServer {
  readonly baseUrl: string;
  readonly dataDir: string;
  readonly bootstrap: Bootstrap;
  readonly pid: number;
  /** Every line on stdout and stderr so far. */
  logs(): string[];
  kill(signal: NodeJS.Signals): void;
  /** Ends the server with SIGTERM, by force after 30 s, and returns its exit code (128 + n for signal n). */
  stop(): Promise<number>;
}

/** Starts the built server on a free port and waits until it is ready. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const temporary = options.dataDir === undefined ? leashedDirectory('parley-data-') : undefined;
  const dataDir = options.dataDir ?? temporary?.path ?? '';
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: {
      ...environment(),
      PARLEY_PORT: '0',
      PARLEY_DATA_DIR: dataDir,
      ...(await database(options)),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { lines, address } = collectOutput(child.stdout, child.stderr);
  const exited = exitCode(child);
  let isKilled = false;
  const stop = async () => {
    const code = await terminate(child, exited);
    if (options.keepData !== true) await temporary?.remove();
    return code;
  };
  try {
    if (child.pid === undefined) throw new Error('the server process cannot be started');
    void exited.then(leashProcess(child.pid, 'KILL'));
    const baseUrl = await firstOf(address, exited);
    const bootstrap = options.bootstrap ?? (await readBootstrap(dataDir));
    const kill = (signal: NodeJS.Signals) => {
      isKilled = true;
      child.kill(signal);
    };
    void exited.then((code) => {
      const last = [`a server has ended by itself, with ${code}`, ...lines.slice(-20), ''];
      if (code !== 0 && !isKilled) process.stderr.write(last.join('\n'));
    });
    return { baseUrl, dataDir, bootstrap, pid: child.pid, logs: () => [...lines], kill, stop };
  } catch (cause) {
    child.kill('SIGKILL');
    await stop();
    throw new Error([String(cause), ...lines.slice(-20)].join('\n'), { cause });
  }
}

/** Starts another node beside the first; `env` names the database that they share. */
export const joinServer = (
  { bootstrap, dataDir }: RunningServer,
  env: Readonly<Record<string, string>>,
): Promise<RunningServer> =>
  startServer({ bootstrap, env: { ...env, PARLEY_PEPPER_FILE: path.join(dataDir, 'pepper') } });

/**
 * A temporary server joins the PostgreSQL of the test run, because the embedded one costs seconds of each start. A
 * server on a directory of its own keeps its database there.
 */
async function database({ dataDir, env, isEmbedded }: ServerOptions): Promise<Record<string, string>> {
  const keepsItself = dataDir !== undefined || env?.PARLEY_DATABASE_URL !== undefined || isEmbedded === true;
  if (keepsItself || process.env[SHARED_POSTGRES] === undefined) return {};
  return { PARLEY_DATABASE_URL: await newDatabase() };
}

async function readBootstrap(dataDir: string): Promise<Bootstrap> {
  return JSON.parse(await readFile(path.join(dataDir, 'bootstrap.json'), 'utf8'));
}

/** Only what every program needs: the variables of the test runner would make it another server. */
function environment(): Record<string, string | undefined> {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, TMPDIR };
}

function collectOutput(stdout: Readable, stderr: Readable): { lines: string[]; address: Promise<string> } {
  const lines: string[] = [];
  createInterface({ input: stderr }).on('line', (line) => lines.push(line));
  const address = new Promise<string>((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      lines.push(line);
      const found = READY_LINE.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { lines, address };
}

async function firstOf(address: Promise<string>, exited: Promise<number>): Promise<string> {
  const limit = new AbortController();
  const ended = exited.then(async (code) => {
    await sleep(200); // lets the last lines of its output arrive
    throw new Error(`the server ended with code ${code} before it was ready`);
  });
  const tooLate = sleep(READY_LIMIT_MS, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`the server was not ready after ${READY_LIMIT_MS / 1000} s`);
  });
  try {
    return await Promise.race([address, ended, tooLate]);
  } finally {
    ended.catch(() => undefined); // a later end is no failure
    limit.abort();
  }
}

async function terminate(child: ChildProcess, exited: Promise<number>): Promise<number> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  try {
    return await exited;
  } finally {
    clearTimeout(timer);
  }
}

async function exitCode(child: ChildProcess): Promise<number> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : os.constants.signals[signal]);
}
