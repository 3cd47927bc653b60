/**
 * Two nodes on one PostgreSQL, next to one: requests per second as fast as it goes, and the processor time of a request
 * in the nodes at a rate that leaves the machine room, the same for each node. By turns.
 *
 * Requests per second show the gain only where both nodes, their database and this client have processors of their own.
 * Processor time shows it anywhere: nodes share nothing but the database, so two with a processor each answer twice
 * what one does, less what a request costs more.
 */
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import pg from 'pg';
import { submitSpeech } from '../test/helpers/api.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { joinServer, type RunningServer, startServer } from '../test/helpers/server.ts';
import { cpuSeconds } from './cpu-seconds.ts';
import { median, printTable } from './table.ts';

const FAST_ROUNDS = 5;
const CALM_ROUNDS = 10;
const SECONDS = 5;
const PAUSE_MS = 1_000;
const WARM_UP_SECONDS = 10;
/** Of each node: as many requests are under way there. */
const CONNECTIONS = 8;
/** Requests per second to each node that leave two processors room for both and for all else. */
const CALM_RATE = 400;
const JOBS = 20;
/** Two nodes, their database and the client. */
const PROCESSORS_NEEDED = 4;
const GAIN_BOUND = 1.7;

const cluster = await startPostgres();
const env = {
  PARLEY_ENGINE: 'scripted',
  PARLEY_LOG_LEVEL: 'error',
  PARLEY_DATABASE_URL: cluster.url,
  PARLEY_ROLES: 'api,control',
  PARLEY_RATE_READ: '100000/100000',
  PARLEY_RATE_MINT: '100000/100000',
  PARLEY_RATE_SUBMIT: '1000/1000',
};
const first = await startServer({ env });
const second = await joinServer(first, env);
const { api_key: key } = first.bootstrap;
const ids: string[] = [];
for (let count = 0; count < JOBS; count += 1) ids.push(await submitSpeech(first, key));
// No node here runs them, and the reading of a running job waits for its end.
const database = new pg.Client({ connectionString: cluster.url });
await database.connect();
await database.query(`update jobs set status = 'done', finished_at = now()`);
await database.end();

/** What a client with many end users does: looks after its jobs, lists them now and then, and mints keys for browsers. */
const headers = { authorization: `Bearer ${key}` };
const requests: autocannon.Request[] = ids.flatMap((id, index) => [
  { method: 'GET', path: `/v2/jobs/${id}`, headers },
  ...(index % 5 === 0 ? [{ method: 'GET', path: '/v2/jobs?limit=20', headers } as const] : []),
  ...(index % 5 === 1
    ? [
        {
          method: 'POST',
          path: '/v1/api_keys?type=batch',
          headers,
          body: JSON.stringify({ ttl: 60, client_ref: `user${index}` }),
        } as const,
      ]
    : []),
]);

interface Sample {
  readonly perSecond: number;
  readonly cpuMsPerRequest: number;
}

async function load(
  nodes: readonly RunningServer[],
  options: { overallRate?: number } = {},
): Promise<Sample> {
  const cpuOfAll = async () => {
    const taken = await Promise.all(nodes.map(({ pid }) => cpuSeconds(pid)));
    return taken.reduce((sum, one) => sum + one, 0);
  };
  const before = await cpuOfAll();
  const results = await Promise.all(
    nodes.map(({ baseUrl: url }) =>
      autocannon({ url, requests, duration: SECONDS, connections: CONNECTIONS, ...options }),
    ),
  );
  const cpu = (await cpuOfAll()) - before;
  if (results.some((one) => one.non2xx + one.errors > 0)) throw new Error('a request failed');
  const answered = results.reduce((sum, one) => sum + one.requests.total, 0);
  return { perSecond: answered / SECONDS, cpuMsPerRequest: (cpu * 1_000) / answered };
}

const SIDES = { one: [first], two: [first, second] } as const;
type Samples = Record<keyof typeof SIDES, Sample[]>;

async function compare(rounds: number, options?: { overallRate: number }): Promise<Samples> {
  const samples: Samples = { one: [], two: [] };
  for (let round = 0; round < rounds; round += 1) {
    // Neither is always the first to find the machine as the pause has left it.
    for (const side of round % 2 === 0 ? (['one', 'two'] as const) : (['two', 'one'] as const)) {
      await sleep(PAUSE_MS);
      samples[side].push(await load(SIDES[side], options));
    }
  }
  return samples;
}

const of = (samples: Samples, side: keyof typeof SIDES, figure: keyof Sample) =>
  median(samples[side].map((one) => one[figure]));
const ratio = ({ one, two }: Samples, figure: keyof Sample) =>
  median(two.map((sample, round) => sample[figure] / (one[round]?.[figure] ?? Number.NaN)));

for (let seconds = 0; seconds < WARM_UP_SECONDS; seconds += SECONDS) await load(SIDES.two);
const fast = await compare(FAST_ROUNDS);
const calm = await compare(CALM_ROUNDS, { overallRate: CALM_RATE });
const costlier = ratio(calm, 'cpuMsPerRequest');
const processors = os.availableParallelism();
const canShow = processors >= PROCESSORS_NEEDED;
printTable(
  'Two API nodes on one PostgreSQL',
  ['measure', 'one node', 'two nodes', 'ratio', 'bound'],
  [
    [
      'requests per second, as fast as it goes',
      of(fast, 'one', 'perSecond').toFixed(0),
      of(fast, 'two', 'perSecond').toFixed(0),
      ratio(fast, 'perSecond').toFixed(2),
      canShow ? `${GAIN_BOUND}` : '',
    ],
    [
      `processor time of a request in the nodes, ms, at ${CALM_RATE}/s for each`,
      of(calm, 'one', 'cpuMsPerRequest').toFixed(3),
      of(calm, 'two', 'cpuMsPerRequest').toFixed(3),
      costlier.toFixed(2),
      (2 / GAIN_BOUND).toFixed(2),
    ],
    [
      'requests per second by that time, a processor for each node',
      '',
      '',
      (2 / costlier).toFixed(2),
      `${GAIN_BOUND}`,
    ],
  ],
);
if (!canShow) {
  console.log(`
${processors} processors are shared by the nodes, PostgreSQL and the client here, so only processor time shows what a second
node brings; requests per second would with ${PROCESSORS_NEEDED}.`);
}
await second.stop();
await first.stop();
await cluster.stop();
