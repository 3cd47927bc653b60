import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type AskOptions,
  ask,
  createApiKey,
  endOfJob,
  jobForm,
  listJobs,
  mintKey,
  readClip,
  submitSpeech,
} from '../helpers/api.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/**
 * Who reaches whose jobs. A job outside a caller's reach must be answered exactly like one that does not exist, or
 * the answer would tell that it does.
 */
const CALLERS = ['USER123', 'USER456', 'unscoped key', 'API key', 'API key of USER789', 'its key'] as const;
type Caller = (typeof CALLERS)[number];

/** Whose job, by the caller that submitted it; `none` has no client_ref. */
const OWNERS = ['USER123', 'USER456', 'USER789', 'none'] as const;
type Owner = (typeof OWNERS)[number];

const REACH: Readonly<Record<Caller, readonly Owner[]>> = {
  USER123: ['USER123'],
  USER456: ['USER456'],
  'unscoped key': OWNERS,
  'API key': OWNERS,
  'API key of USER789': ['USER789'],
  'its key': ['USER789'],
};

const SUBMITTER: Readonly<Record<Owner, Caller>> = {
  USER123: 'USER123',
  USER456: 'USER456',
  USER789: 'API key of USER789',
  none: 'API key',
};

const NOBODYS_ID = '0000000000';

let server: RunningServer;
let keys: Readonly<Record<Caller, string>>;
const jobs = new Map<Owner, string>();
const jobOf = (owner: Owner): string => jobs.get(owner) ?? '';

beforeAll(async () => {
  server = await startServer();
  const { api_key } = server.bootstrap;
  const bound = await createApiKey(server, { name: 'Bound to an end user', client_ref: 'USER789' });
  keys = {
    USER123: await mintKey(server, api_key, { client_ref: 'USER123' }),
    USER456: await mintKey(server, api_key, { client_ref: 'USER456' }),
    'unscoped key': await mintKey(server, api_key),
    'API key': api_key,
    'API key of USER789': bound,
    'its key': await mintKey(server, bound),
  };
  for (const owner of OWNERS) jobs.set(owner, await submitSpeech(server, keys[SUBMITTER[owner]]));
  for (const id of jobs.values()) await endOfJob(server, api_key, id);
});
afterAll(() => server.stop());

/** Everything that can be asked of one job. */
const REQUESTS: readonly (readonly [name: string, path: (id: string) => string, options: AskOptions])[] = [
  ['get', (id) => `/v2/jobs/${id}`, {}],
  ['get at once', (id) => `/v2/jobs/${id}?wait=0`, {}],
  ['get with a slash', (id) => `/v2/jobs/${id}/`, {}],
  ['transcript', (id) => `/v2/jobs/${id}/transcript`, {}],
  ['transcript as text', (id) => `/v2/jobs/${id}/transcript?format=txt`, {}],
  ['transcript as subtitles', (id) => `/v2/jobs/${id}/transcript?format=srt&wait=0`, {}],
  ['data', (id) => `/v2/jobs/${id}/data`, {}],
  ['log', (id) => `/v2/jobs/${id}/log`, {}],
  ['delete', (id) => `/v2/jobs/${id}`, { method: 'DELETE' }],
  ['delete by force', (id) => `/v2/jobs/${id}?force=true`, { method: 'DELETE' }],
];

/** All of an answer that its reader can compare. */
function visible({ status, headers, text }: Answer) {
  const { 'request-id': _id, date: _date, ...rest } = Object.fromEntries(headers);
  return { status, headers: rest, text };
}

describe.each(CALLERS)('%s', (caller) => {
  const within = OWNERS.filter((owner) => REACH[caller].includes(owner));
  const outside = OWNERS.filter((owner) => !REACH[caller].includes(owner));

  it(`lists the jobs of ${within.join(', ')} only`, async () => {
    for (const query of ['', '?include_deleted=true', '?client_ref=USER456', '?limit=100&client_ref=']) {
      const listed = (await listJobs(server, keys[caller], query)).map(({ id }) => id);
      expect(listed.toSorted()).toEqual(within.map(jobOf).toSorted());
    }
  });

  it.each(within)('reads the job of %s', async (owner) => {
    const key = keys[caller];
    const job = await ask(server, `/v2/jobs/${jobOf(owner)}`, { key });
    expect(job.json()).toMatchObject({ job: { id: jobOf(owner), status: 'done' } });
    expect(job.text).not.toMatch(/client_ref|USER/);
    const transcript = await ask(server, `/v2/jobs/${jobOf(owner)}/transcript`, { key });
    expect(transcript.json()).toMatchObject({ job: { id: jobOf(owner) } });
    expect(transcript.text).not.toMatch(/client_ref|USER/);
  });

  if (outside.length > 0) {
    it.each(REQUESTS)(
      `is answered to %s of ${outside.join(', ')} as for no job`,
      async (_, path, options) => {
        const key = keys[caller];
        const ofNobody = await ask(server, path(NOBODYS_ID), { ...options, key });
        expect(ofNobody.status).toBe(404);
        for (const owner of outside) {
          const foreign = await ask(server, path(jobOf(owner)), { ...options, key });
          expect(visible(foreign)).toEqual(visible(ofNobody));
        }
      },
    );
  }
});

it('nothing was changed by what others tried', async () => {
  for (const owner of OWNERS) {
    const key = keys[SUBMITTER[owner]];
    const { job } = (await ask(server, `/v2/jobs/${jobOf(owner)}`, { key })).json<{ job: object }>();
    expect(job).toMatchObject({ status: 'done', data_name: 'recording.wav' });
    expect((await ask(server, `/v2/jobs/${jobOf(owner)}/transcript`, { key })).status).toBe(200);
  }
});

it('a foreign job that still runs is no job either', async () => {
  const id = await submitSpeech(server, keys.USER123);
  for (const [, path, options] of REQUESTS) {
    const foreign = await ask(server, path(id), { ...options, key: keys.USER456 });
    const ofNobody = await ask(server, path(NOBODYS_ID), { ...options, key: keys.USER456 });
    expect(visible(foreign)).toEqual(visible(ofNobody));
  }
  expect((await endOfJob(server, keys.USER123, id)).status).toBe('done');
  await ask(server, `/v2/jobs/${id}`, { method: 'DELETE', key: keys.USER123 });
});

it('a job deleted by its owner stays invisible to others', async () => {
  const id = await submitSpeech(server, keys.USER123);
  const key = keys.USER123;
  const deleted = await ask(server, `/v2/jobs/${id}?force=true`, { method: 'DELETE', key });
  expect(deleted.json()).toMatchObject({ job: { id, status: 'deleted' } });
  for (const [, path, options] of REQUESTS) {
    const foreign = await ask(server, path(id), { ...options, key: keys.USER456 });
    const ofNobody = await ask(server, path(NOBODYS_ID), { ...options, key: keys.USER456 });
    expect(visible(foreign)).toEqual(visible(ofNobody));
  }
});

it('no one submits in the name of another', async () => {
  const body = jobForm(await readClip(), {
    config: { type: 'transcription', transcription_config: { language: 'en' }, client_ref: 'USER456' },
  });
  const path = '/v2/jobs?client_ref=USER456';
  const answer = await ask(server, path, { method: 'POST', key: keys.USER123, body });
  const { id } = answer.json<{ id: string }>();
  expect(answer.status).toBe(201);
  expect((await listJobs(server, keys.USER456)).map((job) => job.id)).not.toContain(id);
  expect((await listJobs(server, keys.USER123)).map((job) => job.id)).toContain(id);
  await ask(server, `/v2/jobs/${id}?force=true`, { method: 'DELETE', key: keys.USER123 });
});

describe('references that look alike are different end users', () => {
  const REFS = [
    'user',
    'USER',
    'User',
    'user ',
    ' user',
    'us er',
    'user\u200b',
    '\ufeffuser',
    'us\u0435r', // a Cyrillic letter
    'us%65r',
    'user%00',
    'us_r',
    'us%',
    "user'--",
    'caf\u00e9',
    'cafe\u0301',
    '\u212b', // the ångström sign, which normalises to the letter
    '\u00c5',
    'stra\u00dfe',
    'strasse',
  ];

  it('so each lists its own job alone', async () => {
    const owned = new Map<string, string>();
    const keyOf = new Map<string, string>();
    for (const ref of REFS) {
      const key = await mintKey(server, keys['API key'], { client_ref: ref });
      keyOf.set(ref, key);
      owned.set(ref, await submitSpeech(server, key));
    }
    const listed = new Map<string, string[]>();
    for (const [ref, key] of keyOf) {
      listed.set(
        ref,
        (await listJobs(server, key)).map(({ id }) => id),
      );
    }
    expect([...listed]).toEqual([...owned].map(([ref, id]) => [ref, [id]]));
    for (const [ref, id] of owned) {
      const path = `/v2/jobs/${id}?force=true`;
      expect((await ask(server, path, { method: 'DELETE', key: keyOf.get(ref) ?? '' })).status).toBe(200);
    }
  });
});

describe('a key of the wrong kind', () => {
  it('for real time is refused with a reason', async () => {
    const rt = await mintKey(server, keys['API key'], { type: 'rt' });
    for (const [method, path] of [
      ['GET', '/v2/jobs'],
      ['POST', '/v2/jobs'],
      ['GET', `/v2/jobs/${jobOf('none')}`],
      ['GET', `/v2/jobs/${jobOf('none')}/transcript`],
      ['DELETE', `/v2/jobs/${jobOf('none')}`],
      ['DELETE', `/v2/jobs/${NOBODYS_ID}`],
    ] as const) {
      const answer = await ask(server, path, { method, key: rt });
      expect(answer.status).toBe(403);
      expect(answer.json()).toEqual({ code: 403, error: 'Forbidden', detail: expect.stringMatching(/\w/) });
    }
  });

  it.each(['USER123', 'unscoped key', 'its key'] as const)('%s mints no key', async (caller) => {
    for (const path of ['/v1/api_keys?type=batch', '/v1/api-keys?type=rt']) {
      const body = JSON.stringify({ ttl: 60, client_ref: 'USER456' });
      const answer = await ask(server, path, { method: 'POST', key: keys[caller], body });
      expect(answer.status).toBe(403);
      expect(answer.json()).toMatchObject({ code: 403, error: 'Forbidden' });
      expect(answer.text).not.toContain('key_value');
    }
  });

  it('an API key of an end user mints keys of that end user alone', async () => {
    const key = keys['API key of USER789'];
    const body = JSON.stringify({ ttl: 60, client_ref: 'USER123' });
    expect((await ask(server, '/v1/api_keys?type=batch', { method: 'POST', key, body })).status).toBe(403);
  });

  it.each(['management_token', 'operator_token'] as const)('%s opens no job', async (name) => {
    const key = server.bootstrap[name];
    for (const path of ['/v2/jobs', `/v2/jobs/${jobOf('none')}`, `/v2/jobs/${jobOf('none')}/transcript`]) {
      const answer = await ask(server, path, { key });
      expect(answer.status).toBe(401);
      expect(answer.text).toBe('{"code":401,"error":"Permission Denied"}');
    }
  });

  it.each(['API key', 'USER123'] as const)('%s lists and revokes no API key', async (caller) => {
    const status = caller === 'API key' ? 401 : 403;
    expect((await ask(server, '/v1/api-keys', { key: keys[caller] })).status).toBe(status);
    const path = '/v1/api-keys/key_0000000000000000';
    expect((await ask(server, path, { method: 'DELETE', key: keys[caller] })).status).toBe(status);
  });
});

it('each owner deletes the own job, and only that one goes', async () => {
  for (const owner of OWNERS) {
    const key = keys[SUBMITTER[owner]];
    const answer = await ask(server, `/v2/jobs/${jobOf(owner)}`, { method: 'DELETE', key });
    expect(answer.json()).toMatchObject({ job: { status: 'deleted' } });
    const left = (await listJobs(server, keys['API key'])).map(({ id }) => id);
    const remaining = OWNERS.slice(OWNERS.indexOf(owner) + 1).map(jobOf);
    expect(left.toSorted()).toEqual(remaining.toSorted());
  }
});
