import { readdir, readlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  ask,
  createApiKey,
  endOfJob,
  jobForm,
  listJobs,
  mintKey,
  readClip,
  submitSpeech,
} from '../helpers/api.ts';
import { longRecording } from '../helpers/long-recording.ts';
import { bearer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

let server: RunningServer;
let key: string;
/** A finished job of no end user. */
let job: string;

beforeAll(async () => {
  server = await startServer({ env: { PARLEY_ENGINE: 'scripted', PARLEY_RATE_SUBMIT: '100/1000' } });
  key = server.bootstrap.api_key;
  job = await submitSpeech(server, key, { name: 'Grüße "1";\r\n/x.wav' });
  await endOfJob(server, key, job);
});
afterAll(() => server?.stop());

const download = async (id: string, init: RequestInit = {}) =>
  fetch(`${server.baseUrl}/v2/jobs/${id}/data`, { headers: { authorization: `Bearer ${key}` }, ...init });

const FILE_EXPIRED = '{"code":410,"error":"File Expired","detail":"File deleted from the storage"}';
const NOT_FOUND = '{"code":404,"error":"Job not found"}';

describe('data', () => {
  it('is the upload byte for byte, as a file to keep', async () => {
    const answer = await download(job);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(await readClip());
  });

  it('comes under its own name, written so that no name can end the header or leave a folder', async () => {
    const [listed] = (await listJobs(server, key)).filter(({ id }) => id === job);
    const header = (await download(job)).headers.get('content-disposition') ?? '';
    const [, encoded = ''] = /^attachment; filename\*=UTF-8''([A-Za-z0-9%._~!-]+)$/.exec(header) ?? [];
    expect(decodeURIComponent(encoded)).toBe(listed?.data_name.replaceAll(/[/\\]/g, '_'));
    expect(encoded).not.toBe('');
  });

  it('is described by HEAD without being sent', async () => {
    const answer = await download(job, { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe(String((await readClip()).length));
    expect(await answer.text()).toBe('');
  });

  it.each([
    ['bytes=0-3', 0, 3],
    ['bytes=100-', 100, undefined],
    ['bytes=-7', -7, undefined],
    ['bytes=10-99999999999', 10, undefined],
  ])('is sent in parts, as a player asks: %s', async (range, start, end) => {
    const answer = await download(job, { headers: { authorization: `Bearer ${key}`, range } });
    const clip = await readClip();
    const part = clip.slice(start, end === undefined ? undefined : end + 1);
    expect(answer.status).toBe(206);
    const first = start < 0 ? clip.length + start : start;
    expect(answer.headers.get('content-range')).toBe(
      `bytes ${first}-${first + part.length - 1}/${clip.length}`,
    );
    expect(answer.headers.get('content-length')).toBe(String(part.length));
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(part);
  });

  it.each([
    'bytes=5-2',
    'bytes=99999999999-',
    'bytes=0-1,5-6',
    'bytes=-',
    'bytes=-0',
    'seconds=0-3',
    'bytes=a-b',
  ])('comes whole where no part of it is asked for: %s', async (range) => {
    const answer = await download(job, { headers: { authorization: `Bearer ${key}`, range } });
    expect(answer.status).toBe(200);
    expect((await answer.arrayBuffer()).byteLength).toBe((await readClip()).length);
  });

  it('is there while the job runs', async () => {
    const form = jobForm(await longRecording({ minutes: 5 }));
    const { id } = (await ask(server, '/v2/jobs', { method: 'POST', key, body: form })).json<{
      id: string;
    }>();
    expect((await download(id, { method: 'HEAD' })).status).toBe(200);
    await ask(server, `/v2/jobs/${id}?force=true`, { method: 'DELETE', key });
  });

  it('is gone with the job', async () => {
    const id = await submitSpeech(server, key);
    await endOfJob(server, key, id);
    await ask(server, `/v2/jobs/${id}`, { method: 'DELETE', key });
    for (const path of ['data', 'object-urls?ttl=60&url_for=data']) {
      const answer = await ask(server, `/v2/jobs/${id}/${path}`, { key });
      expect(answer).toMatchObject({ status: 410, text: FILE_EXPIRED });
    }
  });

  it.runIf(process.platform === 'linux')('is closed when the caller goes away', async () => {
    const recording = await longRecording({ minutes: 20 });
    const form = jobForm(recording);
    const { id } = (await ask(server, '/v2/jobs', { method: 'POST', key, body: form })).json<{
      id: string;
    }>();
    await ask(server, `/v2/jobs/${id}?wait=60`, { key });
    const socket = connect(Number(new URL(server.baseUrl).port), '127.0.0.1');
    socket.write(requestHead('GET', `/v2/jobs/${id}/data`, [bearer(key)]));
    await new Promise((resolve) => socket.once('readable', resolve));
    expect(await filesOpen(id)).toBe(1);
    socket.destroy();
    await vi.waitFor(async () => expect(await filesOpen(id)).toBe(0), { timeout: 5_000 });
    expect((await (await download(id)).arrayBuffer()).byteLength).toBe(recording.length);
  });
});

/** Files of a job that the server's process holds open. */
async function filesOpen(id: string): Promise<number> {
  const folder = `/proc/${server.pid}/fd`;
  const links = (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => ''));
  return (await Promise.all(links)).filter((path) => path.includes(id)).length;
}

it('the log says what was done, with its time, and nothing of what was said', async () => {
  const answer = await ask(server, `/v2/jobs/${job}/log`, { key });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(answer.text).toMatch(/^(\d{4}-\d\d-\d\dT[\d:.]+Z [^\n]+\n)+$/);
  expect(answer.text).toMatch(/ recognition started: \d+ s of audio, scripted/);
  expect(answer.text).toMatch(/ done\n$/);
  expect(await ask(server, '/v2/jobs/0000000000/log', { key })).toMatchObject({
    status: 404,
    text: NOT_FOUND,
  });
});

it('the log of a job that waits is not there yet, and that of a deleted one is gone', async () => {
  const submit = async () => {
    const form = jobForm(await longRecording({ minutes: 20 }));
    return (await ask(server, '/v2/jobs', { method: 'POST', key, body: form })).json<{ id: string }>().id;
  };
  const ids = [await submit(), await submit(), await submit()];
  const last = `/v2/jobs/${ids.at(-1)}`;
  expect(await ask(server, `${last}/log`, { key })).toMatchObject({
    status: 404,
    text: '{"code":404,"error":"Log file not available","detail":"Could not read log file"}',
  });
  for (const id of ids) await ask(server, `/v2/jobs/${id}?force=true`, { method: 'DELETE', key });
  expect(await ask(server, `${last}/log`, { key })).toMatchObject({
    status: 410,
    text: '{"code":410,"error":"File Expired","detail":"File deleted from the storage"}',
  });
});

describe('object-urls', () => {
  const urlsOf = (id: string, query: string) => ask(server, `/v2/jobs/${id}/object-urls?${query}`, { key });

  it('gives what was asked for and is there', async () => {
    const names = async (id: string, wanted: string) =>
      Object.keys((await urlsOf(id, `ttl=60&url_for=${wanted}`)).json());
    expect(await names(job, 'data')).toEqual(['data']);
    expect(await names(job, 'transcript,data,audio_mp3')).toEqual(['data', 'transcript']);
    expect(await names(job, 'audio_mp3')).toEqual([]);
    const form = jobForm(await longRecording({ minutes: 20 }));
    const { id } = (await ask(server, '/v2/jobs', { method: 'POST', key, body: form })).json<{
      id: string;
    }>();
    expect(await names(id, 'transcript,data')).toEqual(['data']);
    await ask(server, `/v2/jobs/${id}?force=true`, { method: 'DELETE', key });
  });

  it('under the address the caller used', async () => {
    const { data } = (await urlsOf(job, 'ttl=60&url_for=data')).json<{ data: string }>();
    expect(data).toMatch(new RegExp(`^${server.baseUrl}/objects/[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{43}$`));
  });

  it.each([
    ['url_for=data', 'ttl in query is required'],
    ['ttl=60', 'url_for in query is required'],
    ['ttl=1.5&url_for=data', 'ttl in query must be of type int64'],
    ['ttl=59&url_for=data', 'ttl in query should be greater than or equal to 60'],
    ['ttl=86401&url_for=data', 'ttl in query should be less than or equal to 86400'],
    ['ttl=60&url_for=', 'url_for.0 in query should be one of [data audio_mp3 transcript]'],
    ['ttl=60&url_for=data,text', 'url_for.1 in query should be one of [data audio_mp3 transcript]'],
    ['ttl=60&url_for=data&url_for=transcript', 'url_for in query should be given once'],
  ])('refuses %s', async (query, detail) => {
    const answer = await urlsOf(job, query);
    expect(answer.status).toBe(422);
    expect(answer.json()).toEqual({ code: 422, error: 'Unprocessable Entity', detail });
  });
});

describe('an end user', () => {
  const CALLERS = ['USER123', 'USER456', 'bound API key', 'API key'] as const;
  type Caller = (typeof CALLERS)[number];
  const REACH: Readonly<Record<Caller, readonly Caller[]>> = {
    USER123: ['USER123'],
    USER456: ['USER456'],
    'bound API key': ['bound API key'],
    'API key': CALLERS,
  };
  const RESOURCES = [
    ['data', 200],
    ['log', 200],
    ['object-urls?ttl=60&url_for=data,transcript', 200],
  ] as const;
  const keys = new Map<Caller, string>();
  const jobs = new Map<Caller, string>();

  beforeAll(async () => {
    keys.set('USER123', await mintKey(server, key, { client_ref: 'USER123' }));
    keys.set('USER456', await mintKey(server, key, { client_ref: 'USER456' }));
    keys.set('bound API key', await createApiKey(server, { name: 'bound', client_ref: 'USER789' }));
    keys.set('API key', key);
    for (const [caller, own] of keys) {
      jobs.set(caller, await submitSpeech(server, own));
      await endOfJob(server, own, jobs.get(caller) ?? '');
    }
  });

  it.each(CALLERS.flatMap((caller) => RESOURCES.map(([path, status]) => [caller, path, status] as const)))(
    '%s reaches %s of its own jobs only',
    async (caller, path, status) => {
      for (const owner of CALLERS) {
        const answer = await ask(server, `/v2/jobs/${jobs.get(owner)}/${path}`, {
          key: keys.get(caller) ?? '',
        });
        if (REACH[caller].includes(owner)) expect(answer.status).toBe(status);
        else expect(answer).toMatchObject({ status: 404, text: NOT_FOUND });
        expect(answer.text).not.toMatch(/USER\d/);
      }
    },
  );
});
