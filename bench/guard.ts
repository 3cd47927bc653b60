/**
 * What the guards cost a request: authentication, rate limit, last use, request id and access log, as shipped. A
 * route that answers a constant, without and with them and behind a rival; and the reading of a job, without and with.
 * The load of the constant is that of Fastify's own benchmarks: 100 connections with 10 requests under way each; that
 * of the job is what its database answers well within a turn, so that none is left over for the next. All servers run from
 * the start and are asked by turns; a ratio is the median of the ratios within each turn, so that a slow moment of the
 * machine counts on both sides.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';
import { median, printTable } from './table.ts';

const ROUNDS = 25;
const SECONDS = 1;
const WARM_UP_SECONDS = 3;

interface Load {
  readonly connections: number;
  /** Requests under way on each. */
  readonly pipelining: number;
}

interface Variant {
  /** Requests per second over so many seconds. */
  load(seconds: number): Promise<number>;
  stop(): void;
}

async function start(name: string, path: string, load: Load): Promise<Variant> {
  const child = spawn('npx', ['tsx', 'bench/guard-server.ts', name], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const [port, key] = await firstLine(child.stderr);
  const target = {
    url: `http://127.0.0.1:${port}${path}`,
    headers: { authorization: `Bearer ${key}` },
    ...load,
  };
  return {
    async load(duration) {
      const result = await autocannon({ ...target, duration });
      if (result.non2xx > 0 || result.errors > 0) throw new Error(`${name}: ${result.non2xx} refused`);
      return result.requests.average;
    },
    stop: () => void (child.pid !== undefined && process.kill(-child.pid, 'SIGKILL')),
  };
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string[]> {
  for await (const line of createInterface({ input: stream })) {
    if (/^\d+ \S+$/.test(line)) return line.split(' ');
  }
  throw new Error('the server did not start');
}

/** Requests per second of each variant, one sample per round. */
async function compare(names: readonly string[], path: string, load: Load): Promise<Map<string, number[]>> {
  const variants = await Promise.all(names.map((name) => start(name, path, load)));
  try {
    for (const variant of variants) await variant.load(WARM_UP_SECONDS);
    const samples = new Map(names.map((name) => [name, [] as number[]]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, variant] of variants.entries()) {
        samples.get(names[index] ?? '')?.push(await variant.load(SECONDS));
      }
    }
    return samples;
  } finally {
    for (const variant of variants) variant.stop();
  }
}

function ratio(samples: Map<string, number[]>, variant: string, of: string): string {
  const others = samples.get(of) ?? [];
  return median((samples.get(variant) ?? []).map((value, round) => value / (others[round] ?? 1))).toFixed(2);
}

const perSecond = (samples: Map<string, number[]>, variant: string): string =>
  median(samples.get(variant) ?? []).toFixed(0);

const constant = await compare(['bare', 'guarded', 'rival'], '/v2/constant', {
  connections: 100,
  pipelining: 10,
});
const job = await compare(['job bare', 'job'], '/v2/jobs/a1b2c3d4e5', { connections: 20, pipelining: 1 });
printTable(
  'The guards, requests per second',
  ['route', 'per second', 'ratio', 'bound'],
  [
    ['constant, bare Fastify', perSecond(constant, 'bare'), '', ''],
    [
      'constant, behind the guards',
      perSecond(constant, 'guarded'),
      `${ratio(constant, 'guarded', 'bare')} of bare`,
      '0.50',
    ],
    [
      'constant, behind better-auth verifyApiKey',
      perSecond(constant, 'rival'),
      `guards ${ratio(constant, 'guarded', 'rival')} times`,
      '7',
    ],
    ['GET /v2/jobs/{id}, principal given', perSecond(job, 'job bare'), '', ''],
    [
      'GET /v2/jobs/{id}, behind the guards',
      perSecond(job, 'job'),
      `${ratio(job, 'job', 'job bare')} of it`,
      '0.90',
    ],
  ],
);
process.exit();
