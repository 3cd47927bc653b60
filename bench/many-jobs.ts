/**
 * Reading jobs and usage with a thousand jobs in the table and with a million: lists, one job, a year of usage. On a
 * PostgreSQL server; ratios of medians.
 */
import pg from 'pg';
import { ask } from '../test/helpers/api.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { startServer } from '../test/helpers/server.ts';
import { median, printTable } from './table.ts';

const FEW = 1_000;
const MANY = 1_000_000;
const ROUNDS = 200;

const cluster = await startPostgres();
const server = await startServer({
  env: {
    PARLEY_ENGINE: 'scripted',
    PARLEY_DATABASE_URL: cluster.url,
    PARLEY_RATE_READ: '100000/100000',
  },
});
const { api_key: key, project_id, workspace_id } = server.bootstrap;
const database = new pg.Client({ connectionString: cluster.url });
await database.connect();

const started = Date.now();
const MS_BETWEEN_JOBS = 400;

/** The same questions of any number of jobs: a page from the middle of the list lies further back when there are more. */
const questions = (count: number) =>
  [
    ['the newest 100', '/v2/jobs?limit=100'],
    ['100 from the middle', `/v2/jobs?limit=100&created_before=${middle(count)}`],
    ['one job', `/v2/jobs/a${String(count / 2).padStart(9, '0')}`],
    ['usage of a year', '/v2/usage?since=2025-01-01&until=2025-12-31'],
  ] as const;
const middle = (count: number) => new Date(started - (count / 2) * MS_BETWEEN_JOBS).toISOString();

await insertJobs(0, FEW);
const few = await measureAll(FEW);
await insertJobs(FEW, MANY);
const many = await measureAll(MANY);
printTable(
  'Reading, ms (median)',
  ['question', `${FEW} jobs`, `${MANY} jobs`, 'ratio', 'bound'],
  questions(FEW).map(([name], index) => {
    const [before = 0, after = 0] = [few[index], many[index]];
    return [name, before.toFixed(2), after.toFixed(2), (after / before).toFixed(2), '1.5'];
  }),
);
await server.stop();
await database.end();
await cluster.stop();

/** Jobs that ended over the last days, and what they counted as a year ago: a row per day, whatever their number. */
async function insertJobs(from: number, to: number): Promise<void> {
  await database.query(
    `insert into jobs (environment, job_id, workspace_id, project_id, api_key_id, created_at, status, config,
       data_name, duration_seconds, audio_bytes, finished_at, store_id)
     select 'EU1', 'a' || lpad(n::text, 9, '0'), $1, $2, 'key_bench', to_timestamp(($5 - n::float8 * $6) / 1000), 'done',
       '{"type":"transcription","transcription_config":{"language":"en"}}', 'bench.wav', 60, 1000, now(), 'bench'
     from generate_series($3::integer, $4::integer) n`,
    [workspace_id, project_id, from, to - 1, started, MS_BETWEEN_JOBS],
  );
  await database.query(
    `insert into usage_daily (environment, day, workspace_id, project_id, api_key_id, client_ref, mode, type, language,
       operating_point, count, audio_seconds)
     select 'EU1', date '2025-01-01' + n % 365, $1, $2, 'key_bench', '', 'batch', 'transcription', 'en', 'standard', 1, 60
     from generate_series($3::integer, $4::integer) n
     on conflict (environment, day, project_id, api_key_id, client_ref, mode, type, language, operating_point)
     do nothing`,
    [workspace_id, project_id, from, Math.min(to, from + 365) - 1],
  );
  await database.query('vacuum analyze jobs');
}

async function measureAll(count: number): Promise<number[]> {
  const medians: number[] = [];
  for (const [name, path] of questions(count)) {
    const samples: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const sent = performance.now();
      const { status } = await ask(server, path, { key });
      if (status !== 200) throw new Error(`${name}: ${status}`);
      samples.push(performance.now() - sent);
    }
    medians.push(median(samples));
  }
  return medians;
}
