import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ask,
  createApiKey,
  ENGLISH,
  endOfJob,
  jobForm,
  listJobs,
  mintKey,
  readClip,
} from '../helpers/api.ts';
import { newCustomer, operate } from '../helpers/management.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

const MAX_UPLOAD_BYTES = 300_000;

let server: RunningServer;
let key: string;
let files: Receiver;
let clip: Uint8Array<ArrayBuffer>;
/** A job whose audio is not there. It is tried for half a minute, during which the other tests run. */
let missing: string;

beforeAll(async () => {
  clip = await readClip();
  files = await startReceiver(({ target }, response, nth) => {
    const path = target.split('?')[0];
    if (path === '/clip.wav' || (path === '/later.wav' && nth === 2)) response.end(clip);
    else if (path === '/moved') response.writeHead(302, { location: '/clip.wav' }).end();
    else if (path === '/large') response.end(Buffer.alloc(MAX_UPLOAD_BYTES + 1));
    else if (path === '/text') response.end('no audio');
    else if (path === '/empty') response.end();
    else if (path === '/slow') response.write(clip.subarray(0, 1_000));
    else response.writeHead(404).end();
  });
  server = await startServer({
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_FETCH_ALLOW: '127.0.0.1',
      PARLEY_MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
      PARLEY_ENGINE_PROCESSES: '1',
      PARLEY_RATE_SUBMIT: '100/1000',
    },
  });
  key = server.bootstrap.api_key;
  missing = await idOf(fetching('/missing'));
});
afterAll(async () => {
  await server?.stop();
  await files?.close();
});

const fetching = (path: string, auth_headers?: string[]) => ({
  ...ENGLISH,
  fetch_data: { url: `${files.url}${path}`, ...(auth_headers && { auth_headers }) },
});

function submit(config: object, as = key) {
  const body = new FormData();
  body.append('config', JSON.stringify(config));
  return ask(server, '/v2/jobs', { method: 'POST', key: as, body });
}

async function idOf(config: object, as = key): Promise<string> {
  const answer = await submit(config, as);
  expect([answer.status, answer.text]).toEqual([201, expect.stringMatching(/^\{"id":"[a-z0-9]{10}"\}$/)]);
  return answer.json<{ id: string }>().id;
}

describe('a job whose audio is fetched', () => {
  it('is accepted with the config alone and transcribed like an upload', async () => {
    const id = await idOf(
      fetching('/clip.wav?signature=1%2F2', ['Authorization: Bearer token-1', 'X-Two: b']),
    );
    const job = await endOfJob(server, key, id);
    expect(job).toMatchObject({ status: 'done', data_name: '', duration: 4 });
    expect(job.errors).toBeUndefined();
    const [{ headers, target, method } = expect.fail('not fetched')] = files.at('/clip.wav');
    expect({ method, target }).toEqual({ method: 'GET', target: '/clip.wav?signature=1%2F2' });
    expect(headers).toMatchObject({
      authorization: 'Bearer token-1',
      'x-two': 'b',
      'user-agent': 'Speechmatics-API/2.0',
    });
    const transcript = await ask(server, `/v2/jobs/${id}/transcript`, { key });
    expect(transcript.json()).toMatchObject({ job: { id, duration: 4, data_name: '' } });
    const data = await fetch(`${server.baseUrl}/v2/jobs/${id}/data`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(new Uint8Array(await data.arrayBuffer())).toEqual(clip);
  });

  it('is fetched through a redirect, and again after a failure', async () => {
    const ids = [await idOf(fetching('/moved')), await idOf(fetching('/later.wav'))];
    const [moved, later] = await Promise.all(ids.map((id) => endOfJob(server, key, id)));
    expect(moved).toMatchObject({ status: 'done', duration: 4 });
    expect(later).toMatchObject({ status: 'done', duration: 4 });
    expect(later?.errors?.map(({ message }) => message)).toEqual([
      'unable to fetch audio: http status code 404',
    ]);
  });

  it.each([
    ['/text', /^(?!unable to fetch)/],
    ['/empty', /^the file is empty$/],
  ])('that is no audio (%s) is rejected at once', async (path, message) => {
    const job = await endOfJob(server, key, await idOf(fetching(path)));
    expect(job).toMatchObject({ status: 'rejected', errors: [{ message: expect.stringMatching(message) }] });
    expect(files.at(path)).toHaveLength(1);
  });

  it('beyond the limit of an upload is not taken', async () => {
    const id = await idOf(fetching('/large'));
    await expect
      .poll(async () => (await ask(server, `/v2/jobs/${id}?wait=0`, { key })).text, { timeout: 20_000 })
      .toContain(`unable to fetch audio: it is larger than ${MAX_UPLOAD_BYTES} bytes`);
    const removed = await ask(server, `/v2/jobs/${id}?force=true`, { method: 'DELETE', key });
    expect(removed.json()).toMatchObject({ job: { status: 'deleted' } });
  });

  it('keeps no other job waiting while it is fetched, and stops when it is deleted', async () => {
    const slow = [
      await idOf(fetching('/slow')),
      await idOf(fetching('/slow')),
      await idOf(fetching('/slow')),
    ];
    await expect.poll(() => files.at('/slow').length, { timeout: 20_000 }).toBe(3);
    const upload = await ask(server, '/v2/jobs?wait=30', { method: 'POST', key, body: jobForm(clip) });
    expect(upload.json()).toMatchObject({ status: 'done' });
    const listed = (await listJobs(server, key)).filter(({ id }) => slow.includes(id));
    expect(listed.map(({ status, duration }) => [status, duration])).toEqual(Array(3).fill(['running', 0]));
    for (const id of slow) await ask(server, `/v2/jobs/${id}?force=true`, { method: 'DELETE', key });
    await expect.poll(() => filesOf(slow), { timeout: 10_000 }).toEqual([]);
  });

  it('is refused together with an upload, or without either', async () => {
    const both = jobForm(clip, { config: fetching('/clip.wav') });
    const answer = await ask(server, '/v2/jobs', { method: 'POST', key, body: both });
    expect([answer.status, answer.json()]).toEqual([
      400,
      { code: 400, error: 'Job rejected', detail: 'data_file and fetch_data exclude each other' },
    ]);
    expect((await submit(ENGLISH)).json()).toMatchObject({ error: 'Missing data_file' });
  });

  it('is within the limits of its temporary key', async () => {
    const short = await mintKey(server, key, { client_ref: 'u1', limits: { max_session_seconds: 2 } });
    const once = await mintKey(server, key, { client_ref: 'u2', limits: { audio_seconds: 4 } });
    const tooLong = await endOfJob(server, short, await idOf(fetching('/clip.wav'), short));
    expect(tooLong).toMatchObject({
      status: 'rejected',
      errors: [{ message: expect.stringContaining('max_session_seconds') }],
    });
    expect(await endOfJob(server, once, await idOf(fetching('/clip.wav'), once))).toMatchObject({
      status: 'done',
    });
    const second = await endOfJob(server, once, await idOf(fetching('/clip.wav'), once));
    expect(second).toMatchObject({
      status: 'rejected',
      errors: [{ message: expect.stringContaining('audio_seconds') }],
    });
    const usage = await ask(server, `/v2/jobs`, { key: once });
    expect(usage.json<{ jobs: { duration: number }[] }>().jobs.map(({ duration }) => duration)).toEqual([
      0, 4,
    ]);
  });
});

it('the quota of the workspace holds for audio that is fetched', async () => {
  const { workspaceId, apiKey } = await newCustomer(server, { customer_type: 'on-demand', regions: ['eu'] });
  const setQuota = (monthly_audio_hours: number | null) =>
    operate(server, 'PATCH', `/workspaces/${workspaceId}`, { monthly_audio_hours });
  await setQuota(0.0001);
  expect(await endOfJob(server, apiKey, await idOf(fetching('/clip.wav'), apiKey))).toMatchObject({
    status: 'rejected',
    errors: [{ message: expect.stringMatching(/Your limit is 0\.0001 hours\.$/) }],
  });
  await setQuota(null);
  expect(await endOfJob(server, apiKey, await idOf(fetching('/clip.wav'), apiKey))).toMatchObject({
    status: 'done',
  });
});

describe('auth_headers', () => {
  const secret = 'Bearer s3cr3t-of-the-submitter';

  it('are shown to keys of the whole project, and to others by their names alone', async () => {
    const own = await mintKey(server, key, { client_ref: 'USER1' });
    const fixed = await createApiKey(server, { name: 'fixed', client_ref: 'USER1' });
    const config = {
      ...fetching('/clip.wav', [`Authorization: ${secret}`]),
      notification_config: [
        { url: `${files.url}/done`, contents: ['jobinfo'], auth_headers: [`X-Key: ${secret}`] },
      ],
    };
    const id = await idOf(config, own);
    await endOfJob(server, own, id);
    expect((await endOfJob(server, key, id)).config).toEqual(config);
    for (const as of [own, fixed]) {
      const [listed] = await listJobs(server, as);
      const got = (await endOfJob(server, as, id)).config;
      for (const shown of [listed?.config, got]) {
        expect(shown).toMatchObject({
          fetch_data: { auth_headers: ['Authorization: ***'] },
          notification_config: [{ auth_headers: ['X-Key: ***'] }],
        });
      }
    }
    await expect.poll(() => files.at('/done').length, { timeout: 20_000 }).toBe(1);
    const [{ headers, body } = expect.fail('no callback')] = files.at('/done');
    expect(headers['x-key']).toBe(secret);
    expect(body.toString()).not.toContain('s3cr3t');
    const log = await ask(server, `/v2/jobs/${id}/log`, { key });
    expect([log.status, log.text]).toEqual([200, expect.not.stringContaining('s3cr3t')]);
    const removed = await ask(server, `/v2/jobs/${id}`, { method: 'DELETE', key: own });
    expect([removed.status, removed.text]).toEqual([200, expect.not.stringContaining('s3cr3t')]);
  });
});

/** Blobs of jobs that are still there. */
async function filesOf(ids: readonly string[]): Promise<string[]> {
  const found = await readdir(`${server.dataDir}/blobs`, { recursive: true });
  return found.filter((file) => ids.some((id) => file.includes(id)));
}

it('a job is rejected after four attempts, 2, 10 and 20 s apart at least, each of them told', async () => {
  const job = await endOfJob(server, key, missing);
  expect(job).toMatchObject({ status: 'rejected', duration: 0 });
  expect(job.errors?.map(({ message }) => message)).toEqual(
    Array(4).fill('unable to fetch audio: http status code 404'),
  );
  const times = files.at('/missing').map(({ atMs }) => atMs);
  const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
  const atLeast = (leastMs: number) => expect.toSatisfy((gapMs: number) => gapMs > leastMs - 100);
  expect(gaps).toEqual([atLeast(2_000), atLeast(10_000), atLeast(20_000)]);
});
