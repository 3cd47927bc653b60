import { createSpeechmaticsJWT } from '@speechmatics/auth';
import { BatchClient, SpeechmaticsResponseError } from '@speechmatics/batch-client';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentWav } from '../fixtures/audio/samples.ts';
import { type Answer, ask, endOfJob, jobForm, listJobs, mintKey, readClip } from '../helpers/api.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** Limits inside temporary keys and quotas of the workspace, as clients and portals see them. */
let server: RunningServer;

beforeAll(async () => {
  server = await startServer({
    env: { PARLEY_ENGINE: 'scripted', PARLEY_RATE_SUBMIT: '1000/1000', PARLEY_ENGINE_PROCESSES: '1' },
  });
});
afterAll(() => server.stop());

const mint = (limits: object, type: 'batch' | 'rt' = 'batch') =>
  mintKey(server, server.bootstrap.api_key, { limits, type });

const asked = (body: object, type = 'batch'): Promise<Answer> =>
  ask(server, `/v1/api_keys?type=${type}`, {
    method: 'POST',
    key: server.bootstrap.api_key,
    body: JSON.stringify({ ttl: 600, ...body }),
  });

const seconds = (count: number) => new Uint8Array(silentWav(count * 32_000));
const submit = (key: string, { length = 1, ...more }: { length?: number; config?: object } = {}) =>
  ask(server, '/v2/jobs', { method: 'POST', key, body: jobForm(seconds(length), more) });
const config = (transcription_config: object) => ({ type: 'transcription', transcription_config });

const EVERY_LIMIT = {
  max_sessions: 2,
  max_concurrent: 2,
  max_session_seconds: 60,
  audio_seconds: 300,
  origins: ['https://app.example.org'],
  cidrs: ['127.0.0.0/8', '::1'],
  lock: { language: 'en', diarization: 'none' },
};

describe('limits asked for', () => {
  it('are claims of the key: what was given and nothing else', async () => {
    const all = decodeJwt(await mint(EVERY_LIMIT));
    expect(all).toMatchObject({ lim: EVERY_LIMIT, env: 'EU1' });
    expect(all).not.toHaveProperty('limits');
    const one = decodeJwt(await mint({ max_session_seconds: 60 }));
    expect(one.lim).toEqual({ max_session_seconds: 60 });
    expect(one).not.toHaveProperty('env');
    for (const none of [await mint({}), await mintKey(server, server.bootstrap.api_key)]) {
      expect(decodeJwt(none)).not.toHaveProperty('lim');
    }
  });

  it('name the end user of a key for real time, and of no other', async () => {
    const { lim, env, ...claims } = decodeJwt(await mint({ client_ref: 'USER123', max_sessions: 1 }, 'rt'));
    expect({ lim, env }).toEqual({ lim: { client_ref: 'USER123', max_sessions: 1 }, env: 'EU2' });
    expect(claims).not.toHaveProperty('client_ref');
  });

  const wrong: Record<string, readonly [limits: unknown, message: string]> = {
    'a limit nobody knows': [{ max_words: 1 }, 'limits.max_words in body is a forbidden property'],
    text: ['all', 'limits in body must be of type object'],
    'no session': [{ max_sessions: 0 }, 'limits.max_sessions in body should be greater than or equal to 1'],
    'too many sessions': [
      { max_sessions: 1_000_001 },
      'limits.max_sessions in body should be less than or equal to 1000000',
    ],
    'too many at a time': [
      { max_concurrent: 10_001 },
      'limits.max_concurrent in body should be less than or equal to 10000',
    ],
    'a session of two days': [
      { max_session_seconds: 172_800 },
      'limits.max_session_seconds in body should be less than or equal to 86400',
    ],
    'more than a year': [
      { audio_seconds: 31_536_001 },
      'limits.audio_seconds in body should be less than or equal to 31536000',
    ],
    'a number as text': [{ max_sessions: '1' }, 'limits.max_sessions in body must be of type integer'],
    'an origin with a path': [
      { origins: ['https://example.org', 'https://example.org/app'] },
      'limits.origins.1 in body should be a web origin such as https://example.org',
    ],
    'a range too wide': [
      { cidrs: ['10.0.0.0/64'] },
      'limits.cidrs.0 in body should be an address or a CIDR range',
    ],
    'a lock that is no name': [{ lock: { 'a.b': 1 } }, 'limits.lock.a.b in body is a forbidden property'],
    'client_ref for batch': [
      { client_ref: 'USER123' },
      'limits.client_ref in body is for type rt; with type batch use client_ref',
    ],
    'an environment elsewhere': [{ environment: 'US1' }, 'limits.environment in body should be one of [EU1]'],
  };
  it.each(Object.entries(wrong))(
    'with %s: 422, in the words of the service',
    async (_, [limits, message]) => {
      const answer = await asked({ limits });
      expect({ status: answer.status, ...answer.json() }).toMatchObject({ status: 422, message });
    },
  );

  it.each<[string, unknown]>([
    ['no origin', { origins: [] }],
    ['21 addresses', { cidrs: Array.from({ length: 21 }, (_, index) => `10.0.0.${index}`) }],
    ['21 locks', { lock: Object.fromEntries(Array.from('abcdefghijklmnopqrstu', (name) => [name, 1])) }],
    ['a lock on an object', { lock: { speaker_diarization_config: {} } }],
    ['a lock on nothing', { lock: { language: null } }],
  ])('with %s: 422', async (_, limits) => {
    const answer = await asked({ limits });
    expect(answer.status).toBe(422);
    expect(answer.json<{ message: string }>().message).toMatch(/^limits\.\w+/);
    expect(answer.text).not.toContain('key_value');
  });

  it('by a management token are refused: they are of temporary keys', async () => {
    const { management_token: key, project_id } = server.bootstrap;
    const body = JSON.stringify({ project_id, name: 'limited', limits: { max_sessions: 1 } });
    expect((await ask(server, '/v1/api-keys', { method: 'POST', key, body })).status).toBe(403);
  });
});

describe('the stock clients', () => {
  it('do not notice: a limited key transcribes until it is used up', async () => {
    const { origins: _, ...limits } = EVERY_LIMIT;
    const apiKey = await mint(limits);
    const client = new BatchClient({ apiKey, apiUrl: server.baseUrl, appId: 'parley-test' });
    const input = { data: new Blob([await readClip()]), fileName: 'clip.wav' };
    const transcribe = () =>
      client.transcribe(input, { transcription_config: { language: 'en' } }, 'json-v2', 60_000);
    expect(await transcribe()).toMatchObject({ format: '2.9', results: expect.any(Array) });
    await transcribe();
    const third: unknown = await transcribe().catch((error: unknown) => error);
    expect(third).toBeInstanceOf(SpeechmaticsResponseError);
    expect(third).toMatchObject({
      error: 'Forbidden',
      response: { code: 403, detail: expect.stringMatching(/^limits\.max_sessions: /) },
    });
    expect((await client.listJobs()).jobs.length).toBeGreaterThanOrEqual(2);
  });

  it('mint keys without limits as ever', async () => {
    const token = await createSpeechmaticsJWT({
      type: 'batch',
      apiKey: server.bootstrap.api_key,
      clientRef: 'USER123',
      ttl: 60,
      managementPlatformURL: `${server.baseUrl}/v1`,
    });
    expect(decodeJwt(token)).not.toHaveProperty('lim');
    expect((await submit(token)).status).toBe(201);
  });
});

describe('a limit', () => {
  const expectOutside = (answer: Answer, limit: string) =>
    expect({ status: answer.status, ...answer.json() }).toEqual({
      status: 403,
      code: 403,
      error: 'Forbidden',
      detail: expect.stringMatching(new RegExp(`^limits\\.${limit}: `)),
    });

  it('max_session_seconds holds for each job', async () => {
    const key = await mint({ max_session_seconds: 3 });
    expect((await submit(key, { length: 3 })).status).toBe(201);
    expectOutside(await submit(key, { length: 4 }), 'max_session_seconds');
    expect((await submit(key, { length: 3 })).status).toBe(201);
  });

  it('audio_seconds holds for all jobs together', async () => {
    const key = await mint({ audio_seconds: 5 });
    expect((await submit(key, { length: 3 })).status).toBe(201);
    expectOutside(await submit(key, { length: 3 }), 'audio_seconds');
    expect((await submit(key, { length: 2 })).status).toBe(201);
    expectOutside(await submit(key), 'audio_seconds');
  });

  it('max_concurrent is the documented 429, until a job has ended', async () => {
    const { api_key } = server.bootstrap;
    const key = await mint({ max_concurrent: 1 });
    // One engine works these off in order, so what follows stays unfinished.
    const backlog = await Promise.all(Array.from({ length: 20 }, () => submit(api_key, { length: 30 })));
    expect(backlog.map(({ status }) => status)).toEqual(Array(20).fill(201));
    const first = await submit(key);
    const second = await submit(key);
    expect(first.status).toBe(201);
    expect(second.status).toBe(429);
    expect(second.json()).toEqual({ code: 429, error: 'Max concurrent running jobs exceeded' });
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    await endOfJob(server, key, first.json<{ id: string }>().id);
    expect((await submit(key)).status).toBe(201);
  });

  it('lock fills in what is not said, and is told where something else is said', async () => {
    const key = await mintKey(server, server.bootstrap.api_key, {
      client_ref: 'LOCKED',
      limits: { lock: { language: 'en', operating_point: 'standard' } },
    });
    expect((await submit(key, { config: config({}) })).status).toBe(201);
    const [job] = await listJobs(server, key);
    expect(job?.config).toEqual(config({ language: 'en', operating_point: 'standard' }));
    const other = await submit(key, { config: config({ language: 'en', operating_point: 'enhanced' }) });
    expectOutside(other, 'lock');
    expect(other.text).toContain('transcription_config.operating_point');
    expect(await listJobs(server, key)).toHaveLength(1);
  });

  it('origins and cidrs hold for every request', async () => {
    const key = await mint(EVERY_LIMIT);
    const origin = 'https://app.example.org';
    expect((await ask(server, '/v2/jobs', { key, headers: { origin } })).status).toBe(200);
    for (const path of ['/v2/jobs', '/v2/jobs/0000000000', '/v2/jobs/0000000000/transcript']) {
      expectOutside(await ask(server, path, { key }), 'origins');
    }
    expectOutside(await submit(key), 'origins');
    const elsewhere = await mint({ cidrs: ['192.0.2.0/24'] });
    expectOutside(await ask(server, '/v2/jobs', { key: elsewhere }), 'cidrs');
  });
});

describe('a quota of the workspace', () => {
  const set = async (terms: object) => {
    const { workspace_id, operator_token: key } = server.bootstrap;
    const path = `/v1/operator/workspaces/${workspace_id}`;
    const changed = await ask(server, path, { method: 'PATCH', key, body: JSON.stringify(terms) });
    expect(changed.status).toBe(200);
  };

  it('of running jobs is the documented 429', async () => {
    await set({ max_running_jobs: 0 });
    const answer = await submit(server.bootstrap.api_key);
    expect(answer.status).toBe(429);
    expect(answer.json()).toEqual({ code: 429, error: 'Max concurrent running jobs exceeded' });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    await set({ max_running_jobs: null });
    expect((await submit(server.bootstrap.api_key)).status).toBe(201);
  });

  it('of audio is refused in the sentence that portals look for', async () => {
    await set({ monthly_audio_hours: 0.0001 });
    for (const [model, name] of [
      ['enhanced', 'Enhanced'],
      ['standard', 'Standard'],
    ]) {
      const answer = await submit(server.bootstrap.api_key, { config: config({ language: 'en', model }) });
      expect(answer.status).toBe(403);
      expect(answer.json()).toEqual({
        code: 403,
        error: 'Forbidden',
        detail:
          'account is not allowed to create a job at the moment: This request would exceed your limit for ' +
          `${name} Model transcription in the current month. Your limit is 0.0001 hours.`,
      });
    }
    await set({ monthly_audio_hours: 2 });
    expect((await submit(server.bootstrap.api_key)).status).toBe(201);
    await set({ monthly_audio_hours: null });
  });
});
