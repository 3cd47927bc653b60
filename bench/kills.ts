/**
 * `kill -9` of the server or of an engine process, 200 times at random moments under load, on a PostgreSQL server. What
 * was accepted must be done at the end, once, counted once, and every callback must have come at least once.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ask, ENGLISH, jobForm, readClip, type WireJob } from '../test/helpers/api.ts';
import { leashedDirectory } from '../test/helpers/leash.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { startReceiver } from '../test/helpers/receiver.ts';
import { type RunningServer, startServer } from '../test/helpers/server.ts';
import { printTable } from './table.ts';

const KILLS = Number(process.env.KILLS ?? 200);
const JOBS_PER_KILL = 4;
const LATEST_KILL_MS = 800;

const receiver = await startReceiver((_, response) => response.end());

const cluster = await startPostgres();
const data = leashedDirectory('parley-bench-kills-');
const audio = await readClip();
let server = await start();
const accepted: string[] = [];
const kills = { server: 0, engine: 0 };

for (let round = 0; round < KILLS; round += 1) {
  const submissions = Promise.allSettled(Array.from({ length: JOBS_PER_KILL }, submit));
  await sleep(Math.random() * LATEST_KILL_MS);
  await killOne(round % 2 === 0 ? 'server' : 'engine');
  await submissions;
}

const statuses = new Map<string, number>();
for (const id of accepted) {
  const status = await endOf(id);
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
}
// Callbacks come after the end of their job.
for (let turn = 0; turn < 100 && withoutCallback().length > 0; turn += 1) await sleep(100);
const database = new pg.Client({ connectionString: cluster.url });
await database.connect();
const { rows } =
  await database.query(`select (select coalesce(sum(count), 0)::integer from usage_daily) as counted,
  (select count(*)::integer from jobs where status = 'done') as done, (select count(*)::integer from jobs) as jobs`);
await database.end();
const [{ counted, done, jobs }] = rows;

printTable(
  `${kills.server} kills of the server, ${kills.engine} of an engine process`,
  [
    'accepted',
    'lost',
    'done',
    'in the table (some answers were cut off)',
    'counted as usage',
    'without a callback',
  ],
  [
    [
      String(accepted.length),
      String(accepted.length - (statuses.get('done') ?? 0)),
      String(done),
      String(jobs),
      String(counted),
      String(withoutCallback().length),
    ],
  ],
);
await server.stop();
await cluster.stop();
await data.remove();
await receiver.close();

function start(): Promise<RunningServer> {
  return startServer({
    dataDir: data.path,
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_DATABASE_URL: cluster.url,
      PARLEY_FETCH_ALLOW: '127.0.0.1',
      PARLEY_RATE_SUBMIT: '10000/10000',
      PARLEY_RATE_READ: '10000/10000',
    },
  });
}

function withoutCallback(): string[] {
  const called = new Set(
    receiver.received.map(({ target }) => new URL(target, receiver.url).searchParams.get('id')),
  );
  return accepted.filter((id) => !called.has(id));
}

async function submit(): Promise<void> {
  const config = { ...ENGLISH, notification_config: [{ url: receiver.url, contents: ['jobinfo'] }] };
  const answer = await ask(server, '/v2/jobs', {
    method: 'POST',
    key: server.bootstrap.api_key,
    body: jobForm(audio, { config }),
  });
  if (answer.status === 201) accepted.push(answer.json<{ id: string }>().id);
}

async function killOne(which: 'server' | 'engine'): Promise<void> {
  if (which === 'engine') {
    const [engine] = await childrenOf(server.pid);
    if (engine === undefined) return;
    process.kill(engine, 'SIGKILL');
  } else {
    server.kill('SIGKILL');
    await server.stop();
    server = await start();
  }
  kills[which] += 1;
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

async function endOf(id: string): Promise<string> {
  for (;;) {
    const answer = await ask(server, `/v2/jobs/${id}?wait=30`, { key: server.bootstrap.api_key });
    if (answer.status !== 200) return 'lost';
    const { status } = answer.json<{ job: WireJob }>().job;
    if (status !== 'running') return status;
  }
}
