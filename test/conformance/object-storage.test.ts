import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { ask, ENGLISH, endOfJob, listJobs, readClip, submitSpeech } from '../helpers/api.ts';
import { killServer, serverOfTest, temporaryDirectory } from '../helpers/per-test.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { S3_CREDENTIALS, type S3Server, startS3Server } from '../helpers/s3-server.ts';
import { joinServer, type RunningServer } from '../helpers/server.ts';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';

/** Nodes of one bucket, each with a data directory of its own and a way to the bucket of its own. */
let s3: S3Server;
beforeAll(async () => {
  s3 = await startS3Server();
});
afterAll(() => s3.close());

interface Node {
  readonly server: RunningServer;
  readonly way: TcpProxy;
}

/** The first node takes jobs and runs none. */
async function startNodes(): Promise<[Node, Node]> {
  const shared = {
    ...S3_CREDENTIALS,
    PARLEY_ENGINE: 'scripted',
    PARLEY_DATABASE_URL: await newDatabase(),
    PARLEY_S3_BUCKET: s3.bucket,
    PARLEY_S3_PREFIX: `tests/${Date.now()}`,
  };
  const ways = [await openWay(), await openWay()] as const;
  const env = (way: TcpProxy) => ({ ...shared, PARLEY_S3_ENDPOINT: way.url });
  const first = await serverOfTest({ env: { ...env(ways[0]), PARLEY_ROLES: 'api,control' } });
  const second = await joinServer(first, env(ways[1]));
  onTestFinished(async () => {
    await second.stop();
  });
  return [
    { server: first, way: ways[0] },
    { server: second, way: ways[1] },
  ];
}

async function openWay(): Promise<TcpProxy> {
  const way = await startTcpProxy(s3.url);
  onTestFinished(() => way.close());
  return way;
}

const isReady = async ({ server }: Node): Promise<boolean> =>
  (await ask(server, '/health/ready')).status === 200;

it('a job that one node took is run, read and deleted by another', async () => {
  const [first, second] = await startNodes();
  const { api_key: key } = first.server.bootstrap;
  const id = await submitSpeech(first.server, key);
  await first.server.stop();

  expect(await endOfJob(second.server, key, id)).toMatchObject({ id, status: 'done', duration: 4 });
  const transcript = await ask(second.server, `/v2/jobs/${id}/transcript?format=txt`, { key });
  expect(transcript).toMatchObject({ status: 200, text: expect.stringMatching(/\w/) });
  const audio = await fetch(`${second.server.baseUrl}/v2/jobs/${id}/data`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(new Uint8Array(await audio.arrayBuffer())).toEqual(await readClip());
  expect(await s3.objects(id)).not.toEqual([]);
  const deleted = await ask(second.server, `/v2/jobs/${id}`, { method: 'DELETE', key });
  expect(deleted.status).toBe(200);
  expect(await s3.objects(id)).toEqual([]);
});

/** A form with much audio, which ends after `cut`. */
async function* longForm(boundary: string, cut: () => void): AsyncGenerator<Uint8Array> {
  const part = (name: string) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`;
  yield Buffer.from(`${part('config')}\r\n\r\n${JSON.stringify(ENGLISH)}\r\n`);
  yield Buffer.from(`${part('data_file')}; filename="a.wav"\r\n\r\n`);
  for (let megabytes = 0; megabytes < 24; megabytes += 1) {
    if (megabytes === 12) cut();
    yield Buffer.alloc(1_000_000);
  }
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

it('a bucket that goes away during an upload is 503, leaves no job, and shows in readiness', async () => {
  const [first] = await startNodes();
  const { api_key: key } = first.server.bootstrap;
  expect(await isReady(first)).toBe(true);
  const boundary = 'parts-of-the-test';
  const answer = await fetch(`${first.server.baseUrl}/v2/jobs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
    },
    body: ReadableStream.from(longForm(boundary, () => first.way.cut())),
    duplex: 'half',
  });
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await answer.json()).toMatchObject({ code: 503 });
  expect(await listJobs(first.server, key)).toEqual([]);
  await expect.poll(() => isReady(first), { timeout: 15_000 }).toBe(false);
  expect(first.server.logs().join('\n')).toContain('check PARLEY_S3_ENDPOINT and the network');

  first.way.restore();
  await expect.poll(() => isReady(first), { timeout: 15_000 }).toBe(true);
  await submitSpeech(first.server, key);
});

it('a job waits for the bucket as long as it takes', async () => {
  const [first, second] = await startNodes();
  const { api_key: key } = first.server.bootstrap;
  second.way.cut();
  const id = await submitSpeech(first.server, key);
  await sleep(15_000);
  const { job } = (await ask(first.server, `/v2/jobs/${id}`, { key })).json<{ job: object }>();
  expect(job).toMatchObject({ status: 'running' });
  expect(job).not.toHaveProperty('errors');
  second.way.restore();
  expect(await endOfJob(first.server, key, id)).toMatchObject({ id, status: 'done' });
});

it('an installation with a database of its own has a bucket of its own', async () => {
  const env = {
    ...S3_CREDENTIALS,
    PARLEY_ENGINE: 'scripted',
    PARLEY_S3_BUCKET: s3.bucket,
    PARLEY_S3_ENDPOINT: s3.url,
    PARLEY_S3_PREFIX: `alone/${Date.now()}`,
  };
  const dataDir = temporaryDirectory();
  const first = await serverOfTest({ env, dataDir });
  const { api_key: key } = first.bootstrap;
  const id = await submitSpeech(first, key);
  await killServer(first);
  const again = await serverOfTest({ env, dataDir });
  expect(await endOfJob(again, key, id)).toMatchObject({ id, status: 'done' });
  const other = serverOfTest({ env, dataDir: temporaryDirectory() });
  await expect(other).rejects.toThrow(
    /code 78[\s\S]*PARLEY_S3_BUCKET: the bucket recordings has files of another installation/,
  );
});
