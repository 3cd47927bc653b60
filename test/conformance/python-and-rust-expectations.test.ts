import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFixture } from '../fixtures/audio/samples.ts';
import {
  type AskOptions,
  ask,
  ENGLISH,
  endOfJob,
  jobForm,
  listJobs,
  readClip,
  SHORT_CLIP_TEXT,
  submitSpeech,
  type WireJob,
} from '../helpers/api.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/**
 * What the Python and Rust clients ask of answers, as they feed them to strict data classes and serde structs. Both
 * are outside npm, so their expectations stand here as a contract on the wire.
 */
let server: RunningServer;
let key: string;
/** A finished job. */
let finished: string;

beforeAll(async () => {
  server = await startServer({ env: { PARLEY_RATE_SUBMIT: '100/1000' } });
  key = server.bootstrap.api_key;
  finished = await submitSpeech(server, key, { name: 'finished.wav' });
  await endOfJob(server, key, finished);
});
afterAll(() => server.stop());

const call = (path: string, options: AskOptions = {}) => ask(server, path, { key, ...options });

/** Members a reader may not find null: Python's data classes fail on a section that is present but null. */
function nullsIn(value: unknown, path = '$'): string[] {
  if (value === null) return [path];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, member]) => nullsIn(member, `${path}.${name}`));
}

const JOB_STATUS = /^(running|done|rejected|deleted|expired)$/;
const MILLISECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const MICROSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

function expectJob(job: WireJob): void {
  expect(job).toMatchObject({
    id: expect.stringMatching(/^[a-z0-9]{10}$/),
    status: expect.stringMatching(JOB_STATUS),
    created_at: expect.stringMatching(MILLISECONDS),
    data_name: expect.any(String),
  });
  expect(Number.isInteger(job.duration)).toBe(true);
  expect(nullsIn(job)).toEqual([]);
}

describe('a job', () => {
  it('has every required key right after it was submitted, and a duration above 0', async () => {
    const id = await submitSpeech(server, key, { name: 'just submitted.wav' });
    const { job } = (await call(`/v2/jobs/${id}?wait=0`)).json<{ job: WireJob }>();
    expectJob(job);
    expect(job.data_name).toBe('just submitted.wav');
    expect(job.duration).toBe(4);
    expect(job.status).toBe('running');
    expectJob(await endOfJob(server, key, id));
  });

  it('has every required key in lists too, deleted ones included', async () => {
    const id = await submitSpeech(server, key);
    await call(`/v2/jobs/${id}?force=true`, { method: 'DELETE' });
    const listed = await listJobs(server, key, '?include_deleted=true');
    expect(listed.length).toBeGreaterThanOrEqual(2);
    listed.forEach(expectJob);
    expect(listed.find((job) => job.id === id)?.status).toBe('deleted');
  });

  it('is answered 201 with its id alone, unless the submission waits', async () => {
    const body = jobForm(await readClip());
    const answer = await call('/v2/jobs', { method: 'POST', body });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.json()).toEqual({ id: expect.any(String) });
  });

  it.each([
    ['json-v2', { results: expect.any(Array) }],
    ['txt', expect.stringContaining(SHORT_CLIP_TEXT)],
    ['srt', expect.stringContaining(' --> ')],
  ])('that was waited for comes with its transcript as %s', async (format, transcript) => {
    const path = `/v2/jobs?wait=60&format=${format}`;
    const answer = await call(path, { method: 'POST', body: jobForm(await readClip()) });
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({ id: expect.any(String), status: 'done', [format]: transcript });
    expect(nullsIn(answer.json())).toEqual([]);
  });

  it('that did not end while it was waited for is `created`', async () => {
    const answer = await call('/v2/jobs?wait=0', { method: 'POST', body: jobForm(await readClip()) });
    expect(answer.json()).toEqual({ id: expect.any(String), status: 'created' });
  });

  it('is deleted with a JSON answer that says so', async () => {
    const id = await submitSpeech(server, key);
    await endOfJob(server, key, id);
    const answer = await call(`/v2/jobs/${id}`, { method: 'DELETE' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    const { job } = answer.json<{ job: WireJob }>();
    expectJob(job);
    expect(job).toMatchObject({ id, status: 'deleted' });
  });
});

describe('the echoed config', () => {
  /** As the Python client prints its data classes: fields that were not set are null. */
  const CONFIG = {
    type: 'transcription',
    fetch_data: null,
    notification_config: null,
    tracking: {
      title: null,
      reference: 'R-1',
      tags: ['b', 'a'],
      details: { zeta: 1, alpha: { deep: [1, '2'] } },
    },
    transcription_config: {
      max_delay: 2,
      language: 'en',
      model: 'enhanced',
      operating_point: null,
      enable_partials: false,
      diarization: 'none',
      punctuation_overrides: null,
      enable_entities: false,
      max_delay_mode: 'flexible',
    },
    output_config: { srt_overrides: { max_line_length: 20, max_lines: null } },
    unknown_section: { kept: true, dropped: null },
  };
  const ECHO = {
    type: 'transcription',
    tracking: { reference: 'R-1', tags: ['b', 'a'], details: { zeta: 1, alpha: { deep: [1, '2'] } } },
    transcription_config: {
      max_delay: 2,
      language: 'en',
      model: 'enhanced',
      enable_partials: false,
      diarization: 'none',
      enable_entities: false,
      max_delay_mode: 'flexible',
    },
    output_config: { srt_overrides: { max_line_length: 20 } },
    unknown_section: { kept: true },
  };

  it('is what was sent, in its order, without its nulls and with nothing added', async () => {
    const id = await submitSpeech(server, key, { config: CONFIG });
    const expected = JSON.stringify(ECHO);
    const { job } = (await call(`/v2/jobs/${id}`)).json<{ job: WireJob }>();
    expect(JSON.stringify(job.config)).toBe(expected);
    const listed = (await listJobs(server, key)).find((one) => one.id === id);
    expect(JSON.stringify(listed?.config)).toBe(expected);
    await endOfJob(server, key, id);
    const transcript = (await call(`/v2/jobs/${id}/transcript`)).json<Transcript>();
    expect(transcript.metadata).toMatchObject({ transcription_config: ECHO.transcription_config });
    expect(transcript.metadata).toMatchObject({ output_config: ECHO.output_config });
    expect(transcript.job).toMatchObject({ tracking: ECHO.tracking });
    expect(nullsIn(transcript)).toEqual([]);
  });

  it.each([
    { language: 'en' },
    { language: 'en', operating_point: 'standard' },
    { language: 'en', operating_point: 'enhanced' },
    { language: 'en', model: 'standard' },
  ])('names the model as %j did', async (transcription_config) => {
    const config = { type: 'transcription', transcription_config };
    const id = await submitSpeech(server, key, { config });
    expect((await endOfJob(server, key, id)).config).toEqual(config);
  });
});

interface Transcript {
  readonly format: string;
  readonly job: object;
  readonly metadata: object;
  readonly results: readonly {
    readonly type: string;
    readonly start_time: number;
    readonly end_time: number;
    readonly alternatives: readonly object[];
  }[];
}

describe('a transcript', () => {
  it('is json-v2 when no format is asked for, with every required key', async () => {
    const answer = await call(`/v2/jobs/${finished}/transcript`);
    expect(answer.headers.get('content-type')).toMatch(/^application\/(json|vnd\.speechmatics\.v2\+json)/);
    const transcript = answer.json<Transcript>();
    expect(transcript).toMatchObject({
      format: expect.stringMatching(/^2\.\d+$/),
      job: {
        id: finished,
        data_name: 'finished.wav',
        duration: 4,
        created_at: expect.stringMatching(MILLISECONDS),
      },
      metadata: { type: 'transcription', created_at: expect.stringMatching(MICROSECONDS) },
    });
    expect(nullsIn(transcript)).toEqual([]);
  });

  it('gives content, confidence and language with every alternative, and times in order', async () => {
    const { results } = (await call(`/v2/jobs/${finished}/transcript`)).json<Transcript>();
    expect(results.length).toBeGreaterThan(5);
    let clock = 0;
    for (const { type, start_time, end_time, alternatives } of results) {
      expect(['word', 'punctuation']).toContain(type);
      expect(alternatives.length).toBeGreaterThan(0);
      for (const alternative of alternatives) {
        expect(alternative).toMatchObject({ content: expect.stringMatching(/\S/), language: 'en' });
        const { confidence } = alternative as { confidence: number };
        expect(confidence).toBeGreaterThanOrEqual(0);
        expect(confidence).toBeLessThanOrEqual(1);
      }
      expect(start_time).toBeGreaterThanOrEqual(clock);
      expect(end_time).toBeGreaterThanOrEqual(start_time);
      clock = start_time;
    }
  });

  it.each(['txt', 'srt'])('as %s is not labelled JSON', async (format) => {
    const answer = await call(`/v2/jobs/${finished}/transcript?format=${format}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; ?charset=utf-8$/i);
    expect(answer.text).toContain('made amiable');
    expect(answer.text).not.toContain('SPEAKER');
  });

  it('of a format nobody offers is refused', async () => {
    const answer = await call(`/v2/jobs/${finished}/transcript?format=docx`);
    expect(answer.status).toBe(422);
    expect(answer.json()).toEqual({
      code: 422,
      error: 'Unprocessable Entity',
      detail: 'format in query should be one of [json-v2 txt srt]',
    });
  });
});

describe('minting', () => {
  it.each([
    ['python', '/v1/api_keys?type=batch', { ttl: 60, region: 'eu', client_ref: 'USER123' }],
    ['python without client_ref', '/v1/api_keys?type=batch', { ttl: 60, region: 'eu' }],
    [
      'the older python',
      '/v1/api_keys?type=rt&sm-sdk=python-5.0.0',
      { ttl: 60, region: 'eu', client_ref: 'USER123' },
    ],
    ['the manual', '/v1/api_keys?type=batch', { ttl: 60, client_ref: 'USER123' }],
    ['the manual without type', '/v1/api_keys', { ttl: 60 }],
    ['the specification', '/v1/api-keys?type=rt', { ttl: 60 }],
    ['a slash at the end', '/v1/api_keys/?type=rt', { ttl: 60 }],
  ])('as %s does is answered exactly 201, with key_value', async (_, path, body) => {
    const headers = { 'content-type': 'application/json', 'x-request-id': randomUUID() };
    const answer = await call(path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.json()).toEqual({
      key_value: expect.stringMatching(/^eyJhbGciOiJSUzI1NiIs/),
      apikey_id: null,
    });
  });
});

/** A form written by hand: some clients label parts in ways `FormData` cannot. */
function form(
  parts: readonly { readonly head: string; readonly content: Uint8Array | string }[],
): AskOptions {
  const boundary = `parley-${randomUUID()}`;
  const chunks = parts.flatMap(({ head, content }) => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
  return {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: new Uint8Array(Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)])),
  };
}

describe('a submission', () => {
  const config = { head: 'name="config"', content: JSON.stringify(ENGLISH) };

  async function transcriptOf(options: AskOptions): Promise<string> {
    const answer = await call('/v2/jobs?wait=60&format=txt', options);
    expect(answer.text).toContain('"txt"');
    return answer.json<{ txt: string }>().txt.trim();
  }

  it.each([
    ['the file first, as JavaScript and Rust do', ['file', 'config']],
    ['the config first, as Python does', ['config', 'file']],
  ])('may send %s', async (_, order) => {
    const file = { head: 'name="data_file"; filename="a.wav"', content: await readClip() };
    const parts = order.map((name) => (name === 'file' ? file : config));
    expect(await transcriptOf(form(parts))).toBe(SHORT_CLIP_TEXT);
  });

  it.each([
    ['no label, as Rust does', 'name="data_file"; filename="a.wav"'],
    ['audio/wav', 'name="data_file"; filename="a.wav"\r\nContent-Type: audio/wav'],
    ['text/plain', 'name="data_file"; filename="a.wav"\r\nContent-Type: text/plain'],
    ['application/json', 'name="data_file"; filename="a.json"\r\nContent-Type: application/json'],
    ['a name in UTF-8', 'name="data_file"; filename="Aufnahme für Ö.wav"\r\nContent-Type: audio/wav'],
    ['no file name', 'name="data_file"\r\nContent-Type: application/octet-stream'],
  ])('may label its file part with %s', async (_, head) => {
    expect(await transcriptOf(form([{ head, content: await readClip() }, config]))).toBe(SHORT_CLIP_TEXT);
  });

  it.each([
    ['text/plain', 'name="config"\r\nContent-Type: text/plain; charset=utf-8'],
    ['application/json', 'name="config"\r\nContent-Type: application/json'],
    ['a file name', 'name="config"; filename="config.json"\r\nContent-Type: application/json'],
  ])('may label its config part with %s', async (_, head) => {
    const file = { head: 'name="data_file"; filename="a.wav"', content: await readClip() };
    expect(await transcriptOf(form([{ ...config, head }, file]))).toBe(SHORT_CLIP_TEXT);
  });

  it.each(['speech.mp3', 'speech.flac', 'speech-opus.ogg', 'speech.m4a', 'speech.webm', 'speech.mp4'])(
    'of %s is labelled audio/wav by Python, and understood all the same',
    async (name) => {
      const head = `name="data_file"; filename="${name}"\r\nContent-Type: audio/wav`;
      const text = await transcriptOf(form([config, { head, content: await readFixture(name) }]));
      expect(text).toMatch(/\b(young man|amiable|selfish|respectable)\b/);
    },
  );

  it('keeps a file name that is not ASCII', async () => {
    const id = await submitSpeech(server, key, { name: 'Aufnahme für Ö – 録音.wav' });
    expect((await endOfJob(server, key, id)).data_name).toBe('Aufnahme für Ö – 録音.wav');
  });

  it('twice with the X-Request-Id of one client object is two jobs', async () => {
    const headers = { 'x-request-id': randomUUID() };
    const options = async () => ({ method: 'POST', headers, body: jobForm(await readClip()) });
    const answers = [await call('/v2/jobs', await options()), await call('/v2/jobs', await options())];
    const ids = new Set(answers.map((answer) => answer.json<{ id: string }>().id));
    expect(ids.size).toBe(2);
    expect(new Set(answers.map((answer) => answer.headers.get('request-id'))).size).toBe(2);
  });
});

describe('requests as clients write them', () => {
  it.each([
    '/v2/jobs/',
    '/v2/jobs?sm-sdk=python-5.0.0&sm-app=x&sm-voice-sdk=1&unheard_of=%20',
    '/v2/jobs?limit=5&include_deleted=true',
    '/v2/jobs/?limit=100&created_after=2020-01-01T00:00:00Z',
  ])('%s is answered', async (path) => {
    const answer = await call(path);
    expect(answer.status).toBe(200);
    expect(answer.json<{ jobs: WireJob[] }>().jobs.length).toBeGreaterThan(0);
  });

  it('a slash at the end makes no difference, and POST is not redirected', async () => {
    const posted = await call('/v2/jobs/', { method: 'POST', body: jobForm(await readClip()) });
    expect(posted.status).toBe(201);
    const { id } = posted.json<{ id: string }>();
    await endOfJob(server, key, id);
    expect((await call(`/v2/jobs/${id}/`)).json()).toMatchObject({ job: { id } });
    expect((await call(`/v2/jobs/${id}/transcript/?format=txt`)).text.trim()).toBe(SHORT_CLIP_TEXT);
    expect((await call(`/v2/jobs/${id}/`, { method: 'DELETE' })).status).toBe(200);
  });

  it.each([
    { 'content-type': 'application/json' },
    { 'content-type': 'text/plain' },
    {
      'content-type': 'application/vnd.speechmatics.v2+json',
      accept: 'application/vnd.speechmatics.v2+json',
    },
    { accept: 'application/vnd.speechmatics.v2+json' },
    { accept: 'text/html', 'accept-charset': 'utf-8' },
    { 'x-sm-processing-data': '{"parallel_engines":4,"user_id":"me"}', 'x-sm-ear-tag': 'none' },
  ])('a GET may carry %j', async (headers) => {
    expect((await call('/v2/jobs', { headers })).status).toBe(200);
    expect((await call(`/v2/jobs/${finished}`, { headers })).status).toBe(200);
    expect((await call(`/v2/jobs/${finished}/transcript?format=txt`, { headers })).status).toBe(200);
  });

  it('a DELETE may carry a content type without a body', async () => {
    const id = await submitSpeech(server, key);
    const options = { method: 'DELETE', headers: { 'content-type': 'application/json' } };
    expect((await call(`/v2/jobs/${id}?force=true`, options)).json()).toMatchObject({
      job: { status: 'deleted' },
    });
  });

  it('created_after and created_before leave out what lies beyond', async () => {
    const id = await submitSpeech(server, key);
    const { created_at } = await endOfJob(server, key, id);
    const ids = async (query: string) => (await listJobs(server, key, query)).map((job) => job.id);
    const before = new Date(Date.parse(created_at) - 1).toISOString();
    expect(await ids(`?created_after=${before}`)).toEqual([id]);
    expect(await ids(`?created_after=${created_at}`)).toEqual([]);
    expect(await ids(`?created_before=${created_at}`)).not.toContain(id);
    expect(await ids(`?created_before=${created_at.replace('Z', '999999Z')}`)).not.toContain(id);
    expect(await ids('?created_after=2999-01-01T00:00:00%2B02:00')).toEqual([]);
  });

  it('an empty list is an array', async () => {
    const answer = await call('/v2/jobs?created_before=2001-01-01T00:00:00Z');
    expect(answer.json()).toEqual({ jobs: [] });
  });
});

it('no answer holds a null, errors included', async () => {
  const paths = [
    '/v2/jobs',
    `/v2/jobs/${finished}`,
    '/v2/jobs/0000000000',
    '/v2/jobs?limit=0',
    '/v2/nothing',
  ];
  for (const path of [...paths, '/v1/discovery/features', '/.well-known/jwks.json']) {
    expect(nullsIn((await call(path)).json())).toEqual([]);
  }
});
