/**
 * What the guards cost a request: authentication, rate limit, last use, request id and access log, as shipped. A
 * route that answers a constant, without and with them and behind a rival; and the reading of a job, without and with.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';
import { median, printTable } from './table.ts';

const ROUNDS = 3;
const SECONDS = 4;
const CONNECTIONS = 32;

async function measure(variant: string, path: string): Promise<number> {
  const child = spawn('npx', ['tsx', 'bench/guard-server.ts', variant], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  try {
    const [port, key] = await firstLine(child.stderr);
    const url = `http://127.0.0.1:${port}${path}`;
    const headers = { authorization: `Bearer ${key}` };
    await autocannon({ url, headers, connections: CONNECTIONS, duration: 1 });
    const result = await autocannon({ url, headers, connections: CONNECTIONS, duration: SECONDS });
    if (result.non2xx > 0 || result.errors > 0) throw new Error(`${variant}: ${result.non2xx} refused`);
    return result.requests.average;
  } finally {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string[]> {
  for await (const line of createInterface({ input: stream })) {
    if (/^\d+ \S+$/.test(line)) return line.split(' ');
  }
  throw new Error('the server did not start');
}

/** Requests per second of each variant; rounds are interleaved, so that a slow moment of the machine meets all. */
async function compare(variants: readonly string[], path: string): Promise<Map<string, number>> {
  const samples = new Map(variants.map((variant) => [variant, [] as number[]]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const variant of variants) samples.get(variant)?.push(await measure(variant, path));
  }
  return new Map([...samples].map(([variant, values]) => [variant, median(values)]));
}

const share = (values: Map<string, number>, variant: string, of: string): string =>
  ((values.get(variant) ?? 0) / (values.get(of) ?? 1)).toFixed(2);
const perSecond = (values: Map<string, number>, variant: string): string =>
  (values.get(variant) ?? 0).toFixed(0);

const constant = await compare(['bare', 'guarded', 'rival'], '/v2/constant');
const job = await compare(['job bare', 'job'], '/v2/jobs/a1b2c3d4e5');
printTable(
  'The guards, requests per second',
  ['route', 'per second', 'ratio', 'bound'],
  [
    ['constant, bare Fastify', perSecond(constant, 'bare'), '', ''],
    [
      'constant, behind the guards',
      perSecond(constant, 'guarded'),
      `${share(constant, 'guarded', 'bare')} of bare`,
      '0.50',
    ],
    [
      'constant, behind better-auth verifyApiKey',
      perSecond(constant, 'rival'),
      `guards ${share(constant, 'guarded', 'rival')} times`,
      '7',
    ],
    ['GET /v2/jobs/{id}, principal given', perSecond(job, 'job bare'), '', ''],
    [
      'GET /v2/jobs/{id}, behind the guards',
      perSecond(job, 'job'),
      `${share(job, 'job', 'job bare')} of it`,
      '0.90',
    ],
  ],
);
process.exit();
