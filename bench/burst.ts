/**
 * A thousand recordings of five seconds, submitted at once: whether each is done and counted once, and what reading a
 * job costs meanwhile, next to what it costs on the idle server.
 */
import { once } from 'node:events';
import pg from 'pg';
import { ask, type WireJob } from '../test/helpers/api.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { startServer } from '../test/helpers/server.ts';
import { submitRecordings } from './burst-clients.ts';
import { startProcess } from './start-process.ts';
import { printTable } from './table.ts';

const JOBS = 1_000;
const SECONDS = 5;
const READ_EVERY_MS = 50;

const cluster = await startPostgres();
const server = await startServer({
  env: {
    PARLEY_DATABASE_URL: cluster.url,
    PARLEY_RATE_SUBMIT: '100000/100000',
    PARLEY_RATE_READ: '100000/100000',
  },
});
const key = server.bootstrap.api_key;
const read = (id: string) => ask(server, `/v2/jobs/${id}?wait=0`, { key });

const [first] = await submitRecordings({ baseUrl: server.baseUrl, key, seconds: SECONDS, jobs: 1 });
if (first === undefined) throw new Error('nothing was submitted');
await untilDone(first);
const idle = await readFor(first, (seconds) => seconds > 10);

let isOver = false;
const busyReads = readFor(first, () => isOver);
const started = performance.now();
const ids = await submitElsewhere();
const acceptedSeconds = (performance.now() - started) / 1_000;
for (const id of ids) await untilDone(id);
const doneSeconds = (performance.now() - started) / 1_000;
isOver = true;
const busy = await busyReads;

const database = new pg.Client({ connectionString: cluster.url });
await database.connect();
const { rows } = await database.query('select sum(count)::integer as counted from usage_daily');
await database.end();
printTable(
  `${JOBS} recordings of ${SECONDS} s at once`,
  ['accepted', 'done', 'counted as usage', 'all accepted after, s', 'all done after, s'],
  [
    [
      String(ids.length),
      String(new Set(ids).size),
      // One came before the burst.
      String(rows[0].counted - 1),
      acceptedSeconds.toFixed(1),
      doneSeconds.toFixed(1),
    ],
  ],
);
printTable(
  'Reading a job meanwhile, ms',
  ['server', 'median', 'p99', 'bound'],
  [
    ['idle', at(idle, 0.5), at(idle, 0.99), ''],
    ['with the burst', at(busy, 0.5), at(busy, 0.99), Math.max(20, 5 * Number(at(idle, 0.99))).toFixed(0)],
  ],
);
await server.stop();
await cluster.stop();

/** From a process of their own: here they would delay what the reader measures. */
async function submitElsewhere(): Promise<string[]> {
  const clients = startProcess(new URL('./burst-clients.ts', import.meta.url));
  clients.send({ baseUrl: server.baseUrl, key, seconds: SECONDS, jobs: JOBS });
  const failed = once(clients, 'exit').then(([code]) =>
    Promise.reject(new Error(`clients ended with ${code}`)),
  );
  const [accepted] = (await Promise.race([once(clients, 'message'), failed])) as [string[]];
  clients.disconnect();
  return accepted;
}

async function untilDone(id: string): Promise<void> {
  for (;;) {
    const { status } = (await ask(server, `/v2/jobs/${id}?wait=60`, { key })).json<{ job: WireJob }>().job;
    if (status === 'done') return;
    if (status !== 'running') throw new Error(`a job is ${status}`);
  }
}

/** Milliseconds of one read every 50 ms, sorted. */
async function readFor(id: string, isEnough: (seconds: number) => boolean): Promise<number[]> {
  const samples: number[] = [];
  const begun = performance.now();
  while (!isEnough((performance.now() - begun) / 1_000)) {
    const sent = performance.now();
    await read(id);
    samples.push(performance.now() - sent);
    await new Promise((resolve) => setTimeout(resolve, READ_EVERY_MS));
  }
  return samples.sort((a, b) => a - b);
}

function at(sorted: readonly number[], share: number): string {
  return (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(1);
}
