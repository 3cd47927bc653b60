import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leashedDirectory, leashProcess } from '../helpers/leash.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const START_LIMIT_MS = 40_000;
/** From the sentence that says why to the end of the process. */
const END_LIMIT_MS = 6_000;

let occupied: Server;
let port: number;

beforeAll(async () => {
  occupied = createServer().listen(0, '127.0.0.1');
  await once(occupied, 'listening');
  port = (occupied.address() as AddressInfo).port;
});
afterAll(() => void occupied.close());

interface Start {
  /** `undefined` when it was still running at the end of the time. */
  readonly code: number | undefined;
  readonly output: string;
}

/** Starts a server that cannot start, and tells how it ended. */
async function start(env: Readonly<Record<string, string>>): Promise<Start> {
  const directory = leashedDirectory('parley-attack-start-');
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: { PATH, HOME, PARLEY_PORT: '0', PARLEY_DATA_DIR: directory.path, PARLEY_ENGINE: 'scripted', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let tellWhy = () => {};
  const told = new Promise<void>((resolve) => {
    tellWhy = resolve;
  });
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (/^parley: /m.test(output)) tellWhy();
    });
  const exited = once(child, 'exit').then(([code]) => code as number);
  if (child.pid !== undefined) void exited.then(leashProcess(child.pid, 'KILL'));
  await Promise.race([exited, told, sleep(START_LIMIT_MS)]);
  const code = await Promise.race([exited, sleep(END_LIMIT_MS).then(() => undefined)]);
  child.kill('SIGKILL');
  await exited;
  await directory.remove();
  return { code, output };
}

describe('a server that cannot start', () => {
  it('because its port is taken ends with a sentence', async () => {
    const { code, output } = await start({ PARLEY_PORT: String(port) });
    expect(code).toBe(1);
    expect(output).toMatch(/parley: .*EADDRINUSE/);
  });

  it('because the port of an environment is taken ends, and serves nothing meanwhile', async () => {
    const { code, output } = await start({ PARLEY_ENVIRONMENT_PORTS: `eu1=${port}` });
    expect(output).toMatch(/parley: .*EADDRINUSE/);
    expect(code).toBe(1);
  });

  it('because its database is away ends, and does not tell the password', async () => {
    const { code, output } = await start({
      PARLEY_DATABASE_URL: 'postgres://parley:hunter2secret@127.0.0.1:1/parley',
    });
    expect(output).toMatch(/parley: .*ECONNREFUSED/);
    expect(output).not.toContain('hunter2secret');
    expect(code).toBe(1);
  });

  it('because of a bad setting names the setting and ends with 78', async () => {
    const bad: Record<string, string>[] = [
      { PARLEY_HOST: '0.0.0.0' },
      { PARLEY_TRUSTED_PROXIES: 'everybody' },
      { PARLEY_DATABASE_URL: 'postgres://parley:hunter2secret@127.0.0.1:port/parley' },
      { PARLEY_MAX_UPLOAD_BYTES: '-1' },
      { PARLEY_UNKNOWN: '1' },
    ];
    const faults: string[] = [];
    await Promise.all(
      bad.map(async (env) => {
        const [name = ''] = Object.keys(env);
        const { code, output } = await start(env);
        const isGood = code === 78 && output.includes(name) && !output.includes('hunter2secret');
        if (!isGood) faults.push(`${name}: ${code}`);
      }),
    );
    expect(faults).toEqual([]);
  });
});
