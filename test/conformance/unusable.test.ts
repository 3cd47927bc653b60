import { execFileSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  type AskOptions,
  ask,
  endOfJob,
  jobForm,
  listJobs,
  mintKey,
  readClip,
  submitSpeech,
} from '../helpers/api.ts';
import { serverOfTest, temporaryDirectory } from '../helpers/per-test.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { ENGLISH_START, RealtimeClient } from '../helpers/realtime.ts';
import { S3_CREDENTIALS, type S3Server, startS3Server } from '../helpers/s3-server.ts';
import { joinServer, type RunningServer, startServer } from '../helpers/server.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';

/**
 * Parts that fail under a running server: it says what helps, is not ready, loses nothing, leaves nothing half done,
 * and comes back by itself. What ends a start is in `rolling-upgrade.test.ts`.
 */
const ENV = { PARLEY_ENGINE: 'scripted', PARLEY_RATE_SUBMIT: '1000/1000', PARLEY_RATE_READ: '1000/1000' };
const RECOVERY = { timeout: 20_000 };

const submit = async (server: RunningServer, key: string) =>
  ask(server, '/v2/jobs', { method: 'POST', key, body: jobForm(await readClip()) });

const readiness = async (server: RunningServer): Promise<object> =>
  (await ask(server, '/health/ready')).json();

const isReady = async (server: RunningServer): Promise<boolean> =>
  (await ask(server, '/health/ready')).status === 200;

/** Jobs of which the store has files. */
const keptJobs = async ({ dataDir }: RunningServer): Promise<string[]> =>
  (await readdir(path.join(dataDir, 'blobs', 'eu1', 'jobs'))).toSorted();

async function clientOf(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

describe('a database that takes no changes any more, as a primary that became a standby', () => {
  async function setReadOnly(url: string, value: 'on' | 'off'): Promise<void> {
    const name = new URL(url).pathname.slice(1);
    const admin = await clientOf(Object.assign(new URL(url), { pathname: '/postgres' }).href);
    await admin.query(`alter database ${name} set default_transaction_read_only = ${value}`);
    // As when a primary goes; when it is back, nobody ends a session.
    if (value === 'on')
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
  }

  it('costs what has to be written, and nothing after it', async () => {
    const url = await newDatabase();
    const server = await serverOfTest({ env: { ...ENV, PARLEY_DATABASE_URL: url } });
    const { api_key: key, management_token: token, project_id } = server.bootstrap;
    const done = await submitSpeech(server, key);
    await endOfJob(server, key, done);
    const waiting = await Promise.all([1, 2, 3, 4].map(() => submitSpeech(server, key)));

    await setReadOnly(url, 'on');
    await expect
      .poll(() => readiness(server), RECOVERY)
      .toEqual({
        code: 503,
        error: 'Service Unavailable',
        detail: expect.stringMatching(/^the database takes no changes: .*PARLEY_DATABASE_URL/),
      });
    for (const resource of ['', '/transcript', '/data', '/log'])
      expect([resource, (await ask(server, `/v2/jobs/${done}${resource}`, { key })).status]).toEqual([
        resource,
        200,
      ]);
    expect((await ask(server, '/v1/api-keys', { key: token })).status).toBe(200);
    expect((await ask(server, '/v2/jobs', { key: `${key.slice(0, -1)}_` })).status).toBe(401);
    const body = JSON.stringify({ project_id, name: 'another' });
    const changes: [string, AskOptions][] = [
      [`/v2/jobs/${done}`, { method: 'DELETE', key }],
      ['/v1/api-keys', { method: 'POST', key: token, body }],
      [`/v1/projects/${project_id}/client-refs/GONE`, { method: 'DELETE', key: token }],
    ];
    for (const [target, options] of changes) {
      const answer = await ask(server, target, options);
      expect([target, answer.status, answer.json()]).toEqual([
        target,
        503,
        expect.objectContaining({ code: 503 }),
      ]);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    for (let upload = 0; upload < 10; upload += 1) expect((await submit(server, key)).status).toBe(503);
    const session = await RealtimeClient.connect(server, { key });
    session.say(ENGLISH_START);
    expect(await session.next('Error')).toMatchObject({ type: 'job_error' });
    await expect
      .poll(() => server.logs().filter((line) => line.includes('"msg":"unavailable"')))
      .toContainEqual(expect.stringMatching(/"session":".*"reason":"cannot execute .* read-only/));
    expect(await mintKey(server, key)).toMatch(/^eyJ/);

    // Those who only read keep all connections in use.
    let isOver = false;
    const reading = Array.from({ length: 30 }, async () => {
      while (!isOver) expect((await ask(server, '/v2/jobs', { key })).status).toBe(200);
    });
    await setReadOnly(url, 'off');
    await expect.poll(() => readiness(server), RECOVERY).toEqual({ status: 'ready' });
    // The last session that began before may be used for a second.
    await sleep(1_500);
    isOver = true;
    await Promise.all(reading);
    for (const id of waiting) expect(await endOfJob(server, key, id)).toMatchObject({ status: 'done' });
    // On each connection that there is.
    const later = await Promise.all(Array.from({ length: 30 }, () => submitSpeech(server, key)));
    const all = [done, ...waiting, ...later].toSorted();
    for (const id of all) expect(await endOfJob(server, key, id)).toMatchObject({ status: 'done' });
    expect((await listJobs(server, key)).map(({ id }) => id).toSorted()).toEqual(all);
    expect(await keptJobs(server)).toEqual(all);
    const { rows } = await (await clientOf(url)).query(
      'select sum(count)::integer as count from usage_daily',
    );
    expect(rows).toEqual([{ count: all.length }]);
    await expect.poll(() => server.logs().join('\n')).toContain('"ready again"');
    const said = server.logs().filter((line) => line.includes('the database takes no changes'));
    expect(said).toHaveLength(1);
  });
});

describe('a clock that is 30 s', () => {
  /** A module that a process loads first: all its clocks of the day are off by so much. */
  async function shiftedClock(seconds: number): Promise<string> {
    const file = path.join(temporaryDirectory(), 'clock.mjs');
    await writeFile(
      file,
      `const { now } = Date;
      const shifted = () => now() + ${seconds * 1_000};
      globalThis.Date = class extends Date {
        constructor(...values) { super(...(values.length === 0 ? [shifted()] : values)); }
        static now = shifted;
      };`,
    );
    return `--import=${pathToFileURL(file)}`;
  }

  it.each([
    [30, 'ahead of'],
    [-30, 'behind'],
  ])(
    'off (%i) keeps a node from being ready, with a sentence, and from judging by it',
    async (seconds, way) => {
      const url = await newDatabase();
      const good = await serverOfTest({ env: { ...ENV, PARLEY_DATABASE_URL: url } });
      const { api_key: key } = good.bootstrap;
      const NODE_OPTIONS = await shiftedClock(seconds);
      const wrong = await joinServer(good, { ...ENV, PARLEY_DATABASE_URL: url, NODE_OPTIONS });
      onTestFinished(async () => void (await wrong.stop()));
      const sentence = `the clock of this machine is 30 s ${way} that of the database`;
      expect(await readiness(wrong)).toMatchObject({ code: 503, detail: expect.stringContaining(sentence) });
      await expect.poll(() => wrong.logs().join('\n')).toContain(sentence);
      expect(await readiness(good)).toEqual({ status: 'ready' });
      // Whoever asks it all the same is judged by the time of the database.
      const minted = await mintKey(wrong, key, { ttl: 60 });
      for (const server of [good, wrong])
        expect((await ask(server, '/v2/jobs', { key: minted })).status).toBe(200);
      const { iat, exp } = JSON.parse(Buffer.from(minted.split('.')[1] ?? '', 'base64url').toString());
      expect(Math.abs(iat * 1_000 - Date.now())).toBeLessThan(5_000);
      expect(exp - iat).toBe(60);
    },
  );
});

describe('a bucket', () => {
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startS3Server();
  });
  afterAll(() => s3.close());

  const bucketEnv = (endpoint: string) => ({
    ...ENV,
    ...S3_CREDENTIALS,
    PARLEY_S3_BUCKET: s3.bucket,
    PARLEY_S3_PREFIX: `unusable/${Date.now()}`,
    PARLEY_S3_ENDPOINT: endpoint,
  });
  const files = async (): Promise<string[]> => (await s3.objects('/jobs/')).toSorted();

  it('that answers nothing costs the uploads of the time, and no job', async () => {
    const way = await startTcpProxy(s3.url);
    onTestFinished(() => way.close());
    const server = await serverOfTest({ env: bucketEnv(way.url) });
    const { api_key: key } = server.bootstrap;
    const accepted = await submitSpeech(server, key);
    way.stall();
    const sentMs = performance.now();
    const { status, headers } = await submit(server, key);
    expect(status).toBe(503);
    // Three attempts of 10 s, the pauses between them, and the removal of what has arrived.
    expect(performance.now() - sentMs).toBeLessThan(45_000);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await readiness(server)).toMatchObject({ detail: expect.stringContaining('PARLEY_S3_BUCKET') });
    await expect
      .poll(() => server.logs().join('\n'))
      .toContain('does not answer in time: check the store and the network');
    way.restore();
    await expect.poll(() => isReady(server), RECOVERY).toBe(true);
    expect(await endOfJob(server, key, accepted)).toMatchObject({ status: 'done' });
    expect((await listJobs(server, key)).map(({ id }) => id)).toEqual([accepted]);
    await expect.poll(async () => (await files()).filter((file) => !file.includes(accepted))).toEqual([]);
    expect(await s3.unfinishedUploads()).toBe(0);
    expect(await files()).not.toEqual([]);
    await submitSpeech(server, key);
  });

  it('that refuses the credentials ends the start with a sentence', async () => {
    const refused = startServer({ env: { ...bucketEnv(s3.url), AWS_ACCESS_KEY_ID: 'ANOTHER' } });
    await expect(refused).rejects.toThrow(
      /code 1[\s\S]*parley: PARLEY_S3_BUCKET: the bucket recordings at \S+ refuses \(\w+\): the credentials must allow/,
    );
  });

  it('that refuses later, as with a policy that was changed, is 503 until it allows again', async () => {
    const server = await serverOfTest({ env: bucketEnv(s3.url) });
    const { api_key: key } = server.bootstrap;
    const accepted = await submitSpeech(server, key);
    s3.refuse(true);
    expect((await submit(server, key)).status).toBe(503);
    await expect
      .poll(() => readiness(server), RECOVERY)
      .toMatchObject({
        detail: expect.stringContaining('PARLEY_S3_BUCKET'),
      });
    await expect
      .poll(() => server.logs().join('\n'))
      .toMatch(/refuses \(AccessDenied\): the credentials must allow/);
    s3.refuse(false);
    await expect.poll(() => isReady(server), RECOVERY).toBe(true);
    expect(await endOfJob(server, key, accepted)).toMatchObject({ status: 'done' });
    expect((await listJobs(server, key)).map(({ id }) => id)).toEqual([accepted]);
  });
});

describe('a disk', () => {
  /** No file of the process may grow beyond so many bytes, which is what a full disk does to it. */
  const limitFiles = (server: RunningServer, bytes: number | 'unlimited') =>
    execFileSync('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}:unlimited`]);

  it('that is full costs the uploads of the time, and no job', async () => {
    const server = await serverOfTest({ env: { ...ENV, PARLEY_DATABASE_URL: await newDatabase() } });
    const { api_key: key } = server.bootstrap;
    const accepted = await Promise.all([1, 2, 3, 4].map(() => submitSpeech(server, key)));
    limitFiles(server, 0);
    for (let upload = 0; upload < 5; upload += 1) {
      const { status, headers } = await submit(server, key);
      expect(status).toBe(503);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    await expect
      .poll(() => readiness(server), RECOVERY)
      .toMatchObject({
        code: 503,
        detail: expect.stringMatching(/^the disk under PARLEY_DATA_DIR takes nothing \(EFBIG\): make room/),
      });
    const [first = ''] = accepted;
    expect((await ask(server, `/v2/jobs/${first}/data`, { key })).status).toBe(200);
    expect(server.logs().join('\n')).toContain(
      '"reason":"the disk takes nothing (EFBIG)","msg":"unavailable"',
    );
    limitFiles(server, 'unlimited');
    await expect.poll(() => isReady(server), RECOVERY).toBe(true);
    const all = [...accepted, await submitSpeech(server, key)].toSorted();
    for (const id of all) expect(await endOfJob(server, key, id)).toMatchObject({ status: 'done' });
    expect((await listJobs(server, key)).map(({ id }) => id).toSorted()).toEqual(all);
    expect(await keptJobs(server)).toEqual(all);
    expect(await readdir(path.join(server.dataDir, 'blobs', '.tmp'))).toEqual([]);
  });
});
