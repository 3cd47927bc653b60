/**
 * A thousand recordings of five seconds, submitted at once: whether each is done and counted once, and what reading a
 * job costs meanwhile, next to what it costs on the idle server.
 */
import pg from 'pg';
import { ask, ENGLISH, jobForm, type WireJob } from '../test/helpers/api.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { startServer } from '../test/helpers/server.ts';
import { writeTemporaryRecording } from './recording.ts';
import { printTable } from './table.ts';

const JOBS = 1_000;
const SECONDS = 5;
/** Connections that submit; each sends its next recording when the last was accepted. */
const SUBMITTERS = 50;
const READ_EVERY_MS = 50;

const { bytes } = await writeTemporaryRecording(SECONDS);
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

const first = await submit();
await untilDone(first);
const idle = await readFor(first, (seconds) => seconds > 10);

let accepted = 0;
let isOver = false;
const busyReads = readFor(first, () => isOver);
const started = performance.now();
const ids: string[] = [];
await Promise.all(
  Array.from({ length: SUBMITTERS }, async () => {
    while (accepted++ < JOBS) ids.push(await submit());
  }),
);
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

async function submit(): Promise<string> {
  const answer = await ask(server, '/v2/jobs', {
    method: 'POST',
    key,
    body: jobForm(bytes, { config: ENGLISH }),
  });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json<{ id: string }>().id;
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
