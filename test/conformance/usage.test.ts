import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, createApiKey, endOfJob, mintKey, submitSpeech } from '../helpers/api.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { query } from '../helpers/query.ts';
import { RealtimeClient } from '../helpers/realtime.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

let databaseUrl: string;
let server: RunningServer;
let database: pg.Client;
let key: string;

beforeAll(async () => {
  databaseUrl = await newDatabase();
  server = await startServer({ env: { PARLEY_ENGINE: 'scripted', PARLEY_DATABASE_URL: databaseUrl } });
  key = server.bootstrap.api_key;
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await server?.stop();
});

const usage = (query = '', own = key) => ask(server, `/v2/usage${query}`, { key: own });
const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
const config = (more: object = {}) => ({
  type: 'transcription',
  transcription_config: { language: 'en', ...more },
});

/** Runs a job to its end and returns its id and the whole seconds of its audio. */
async function run(own: string, more: object = {}): Promise<{ id: string; duration: number }> {
  return endOfJob(server, own, await submitSpeech(server, own, { config: config(more) }));
}

describe('usage', () => {
  it('is empty at first, and stays so on the day of the first job', async () => {
    const yesterday = daysAgo(1);
    const empty = {
      since: `${yesterday}T00:00:00Z`,
      until: `${yesterday}T23:59:59Z`,
      summary: [],
      details: [],
    };
    expect((await usage()).json()).toEqual(empty);
    await run(key);
    expect((await usage()).json()).toEqual(empty);
    expect((await usage(`?until=${daysAgo(0)}`)).json()).toMatchObject({ summary: [], details: [] });
  });

  it('adds up what was done, whoever asked for it, and keeps it when jobs are deleted', async () => {
    const { id, duration } = await run(key, { operating_point: 'enhanced' });
    await run(await mintKey(server, key, { client_ref: 'USER123' }), { model: 'enhanced' });
    const stopped = await submitSpeech(server, key, { config: config() });
    await ask(server, `/v2/jobs/${stopped}?force=true`, { method: 'DELETE', key });
    await database.query("update usage_daily set day = day - 3 where operating_point = 'enhanced'");
    await database.query("update usage_daily set day = day - 2 where operating_point = 'standard'");

    const hours = duration / 3_600;
    const rows = (await usage()).json<{ summary: object[]; details: { count: number }[] }>();
    // The forced deletion may have come too late for a job this short: then it was done, and counts.
    const standard = rows.details.find((row) => 'model' in row && row.model === 'standard')?.count ?? 0;
    expect([1, 2]).toContain(standard);
    const kind = { mode: 'batch', type: 'transcription' };
    const amounts = (count: number) => ({ count, duration_hrs: expect.closeTo(count * hours, 9) });
    const expected = {
      since: `${daysAgo(3)}T00:00:00Z`,
      until: `${daysAgo(1)}T23:59:59Z`,
      summary: [{ ...kind, ...amounts(2 + standard) }],
      details: [
        { ...kind, language: 'en', operating_point: 'enhanced', model: 'enhanced', ...amounts(2) },
        { ...kind, language: 'en', operating_point: 'standard', model: 'standard', ...amounts(standard) },
      ],
    };
    expect(rows).toEqual(expected);
    await ask(server, `/v2/jobs/${id}`, { method: 'DELETE', key });
    expect((await usage('/')).json()).toEqual(expected);
  });

  it('is kept apart by end user and key, though the report does not show it', async () => {
    const { rows } = await database.query('select distinct client_ref from usage_daily order by 1');
    expect(rows).toEqual([{ client_ref: '' }, { client_ref: 'USER123' }]);
  });

  it('is that of the days asked for, first and last included', async () => {
    const models = async (query: string) =>
      (await usage(query)).json<{ details: { model: string }[] }>().details.map(({ model }) => model);
    expect(await models(`?since=${daysAgo(3)}&until=${daysAgo(3)}`)).toEqual(['enhanced']);
    expect(await models(`?since=${daysAgo(2)}`)).toEqual(['standard']);
    expect(await models(`?until=${daysAgo(3)}`)).toEqual(['enhanced']);
    expect(await models(`?until=${daysAgo(4)}`)).toEqual([]);
    expect(await models(`?since=${daysAgo(1)}`)).toEqual([]);
    expect(await models('?since=0001-01-01&until=9999-12-31')).toEqual(['enhanced', 'standard']);
  });

  it('is that of jobs: sessions in the same environment are not the batch API’s', async () => {
    const before = (await usage()).json();
    const client = await RealtimeClient.start(server, { key });
    client.audio(new Uint8Array(32_000));
    await client.finish();
    const sessions = () => query(databaseUrl, "select 1 from usage_daily where mode = 'real-time'");
    await expect.poll(sessions).toHaveLength(1);
    // As where one environment serves both products.
    await database.query(
      `update usage_daily set day = day - 1, environment = 'EU1' where mode = 'real-time'`,
    );
    expect((await usage()).json()).toEqual(before);
  });

  it('is the project’s own', async () => {
    const project = await ask(server, '/v1/projects', {
      method: 'POST',
      key: server.bootstrap.management_token,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Another' }),
    });
    const { project_id } = project.json<{ project_id: number }>();
    const bootstrap = { ...server.bootstrap, project_id };
    const other = await createApiKey({ ...server, bootstrap }, { name: 'other' });
    expect((await usage('', other)).json()).toMatchObject({ summary: [], details: [] });
  });

  it.each([
    ['?since=yesterday', 'since in query must be of type date'],
    ['?since=', 'since in query must be of type date'],
    ['?since=2025-02-30', 'since in query must be of type date'],
    ['?since=0000-01-01', 'since in query must be of type date'],
    ['?until=2025-1-1', 'until in query must be of type date'],
    ['?until=2025-01-01T00:00:00Z', 'until in query must be of type date'],
    ["?until=2025-01-01'", 'until in query must be of type date'],
    ['?since=2025-01-01&since=2025-01-02', 'since in query should be given once'],
    ['?since=2025-01-02&until=2025-01-01', 'until in query should be greater than or equal to 2025-01-02'],
  ])('refuses %s', async (query, detail) => {
    const answer = await usage(query);
    expect(answer.status).toBe(422);
    expect(answer.json()).toEqual({ code: 422, error: 'Unprocessable Entity', detail });
  });

  it('is not for keys of an end user, temporary or not', async () => {
    const bound = await createApiKey(server, { name: 'bound', client_ref: 'USER789' });
    const refused = [
      await mintKey(server, key, { client_ref: 'USER123' }),
      bound,
      await mintKey(server, bound),
    ];
    for (const own of refused) {
      const answer = await usage('', own);
      expect(answer.status).toBe(403);
      expect(answer.json()).toEqual({
        code: 403,
        error: 'Forbidden',
        detail: 'a key with a client_ref cannot see usage',
      });
    }
    expect((await usage('', await mintKey(server, key))).status).toBe(200);
  });
});
