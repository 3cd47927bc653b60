import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFixture } from '../fixtures/audio/samples.ts';
import { type Answer, type AskOptions, ask, endOfJob, jobForm } from '../helpers/api.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';
import { CONFIGS } from './clients/configs.ts';
import { discovered } from './clients/javascript.ts';
import { JSON_TYPES, python } from './clients/python-batch.ts';
import { library, refusal } from './clients/python-library.ts';
import type { Reader } from './clients/reader.ts';
import { rust, rustUsage } from './clients/rust.ts';

/**
 * Clients that are outside npm, played by readers as strict as they are: whatever config a client sends, each answer to
 * it can be read by the client, with the requests it makes.
 */
let server: RunningServer;
let key: string;
let speech: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  server = await startServer({ env: { PARLEY_ENGINE: 'scripted', PARLEY_RATE_SUBMIT: '100/1000' } });
  key = server.bootstrap.api_key;
  speech = new Uint8Array(await readFixture('speech-stereo.wav'));
});
afterAll(() => server?.stop());

const call = (path: string, options: AskOptions = {}) => ask(server, path, { key, ...options });

/** The body as the client parses it: by the label it comes with. */
function read(reader: Reader, answer: Answer, status = 200): void {
  expect(answer.status, answer.text.slice(0, 300)).toBe(status);
  expect(JSON_TYPES).toContain(typeOf(answer));
  reader(answer.json(), '$');
}

const typeOf = ({ headers }: Answer) => (headers.get('content-type') ?? '').split(';')[0];

const CLIENTS = { python, rust, library };

describe.each(Object.entries(CONFIGS))('a config %s', (_, { config, readBy, isPlain }) => {
  it('is answered so that its clients can read it', async () => {
    const answer = await call('/v2/jobs', {
      method: 'POST',
      body: jobForm(speech, { config, name: 'example.wav' }),
    });
    if (answer.status !== 201) {
      // What no engine here does is refused in words that each client can show.
      expect(isPlain, answer.text).toBeUndefined();
      expect(answer.json()).toMatchObject({ code: 400, error: 'Requested product not available' });
      return read(refusal, answer, 400);
    }
    const { id } = answer.json<{ id: string }>();
    const clients = readBy.map((name) => CLIENTS[name]);
    for (const client of clients) {
      read(client.submitted, answer, 201);
      read(client.job, await call(`/v2/jobs/${id}?wait=0`));
    }
    const { status, duration, data_name } = await endOfJob(server, key, id);
    expect({ status, duration, data_name }).toEqual({
      status: 'done',
      duration: 2,
      data_name: 'example.wav',
    });
    for (const client of clients) {
      read(client.job, await call(`/v2/jobs/${id}`));
      read(client.jobs, await call(`/v2/jobs${client.query.list}`));
      read(client.transcript, await call(`/v2/jobs/${id}/transcript${client.query.transcript}`));
    }
    for (const format of ['txt', 'srt']) {
      const printed = await call(`/v2/jobs/${id}/transcript?format=${format}`);
      expect(typeOf(printed)).toBe('text/plain');
      expect(printed.text).not.toBe('');
    }
    const [first] = clients;
    read(
      first?.deleted ?? library.deleted,
      await call(`/v2/jobs/${id}${first?.query.remove ?? ''}`, { method: 'DELETE' }),
    );
    const deleted = await call(`/v2/jobs/${id}`);
    for (const client of Object.values(CLIENTS)) read(client.job, deleted);
  });
});

describe('whatever its state, a job', () => {
  it('is read in a list with deleted ones by everybody', async () => {
    const list = await call('/v2/jobs?include_deleted=true');
    expect(list.json<{ jobs: unknown[] }>().jobs.length).toBeGreaterThan(5);
    for (const client of Object.values(CLIENTS)) read(client.jobs, list);
  });

  it('is read by everybody while its audio is fetched: no name, and a duration all the same', async () => {
    const config = {
      type: 'transcription',
      fetch_data: { url: 'https://nobody.invalid/a.wav', auth_headers: ['Authorization: Bearer x'] },
      transcription_config: { language: 'en' },
    };
    const body = new FormData();
    body.append('config', JSON.stringify(config));
    const { id } = (await call('/v2/jobs', { method: 'POST', body })).json<{ id: string }>();
    const fetching = await call(`/v2/jobs/${id}?wait=0`);
    expect(fetching.json()).toMatchObject({ job: { data_name: '', duration: 0, config } });
    for (const client of Object.values(CLIENTS)) read(client.job, fetching);
    const removed = await call(`/v2/jobs/${id}?force=true`, { method: 'DELETE' });
    for (const client of Object.values(CLIENTS)) read(client.deleted, removed);
  });

  it('has a whole number of seconds above 0 as soon as it is submitted, as the tests of Rust ask', async () => {
    const { id } = (await call('/v2/jobs', { method: 'POST', body: jobForm(speech) })).json<{ id: string }>();
    const { job } = (await call(`/v2/jobs/${id}?wait=0`)).json<{ job: { duration: number } }>();
    expect(job.duration).toBeGreaterThan(0);
    expect(Number.isInteger(job.duration)).toBe(true);
  });
});

it('what is on offer is read by JavaScript', async () =>
  read(discovered, await ask(server, '/v1/discovery/features')));

it('the usage is read by Rust', async () => read(rustUsage, await call('/v2/usage')));

it('every refusal of a submission has a detail, which the samples of the older library show', async () => {
  const junk = new Uint8Array(100);
  const bodies = [
    jobForm(junk),
    jobForm(speech, { config: {} }),
    jobForm(speech, { config: { type: 'transcription', transcription_config: {} } }),
    new FormData(),
  ];
  for (const body of bodies) read(refusal, await call('/v2/jobs', { method: 'POST', body }), 400);
  for (const query of ['limit=0', 'limit=x', 'created_before=x', 'include_deleted=x'])
    read(refusal, await call(`/v2/jobs?${query}`), 422);
});

describe('the readers', () => {
  const good = { id: 'a', status: 'done', created_at: 'x', data_name: '', duration: 1 };
  const echoing = (config: object) => ({ job: { ...good, config: { type: 'transcription', ...config } } });

  it.each<[string, Reader, object]>([
    [
      'both names of the model',
      python.job,
      echoing({ transcription_config: { model: 'x', operating_point: 'x' } }),
    ],
    ['an unknown member of the config', python.job, echoing({ transcription_config: { other: 1 } })],
    ['a section that is null', python.job, echoing({ notification_config: null })],
    ['a member that is missing', python.job, { job: { ...good, data_name: undefined, id: '' } }],
    ['one bad entry of a list', python.jobs, { jobs: [good, { ...good, status: 'transcribing' }] }],
    ['a fraction of a second', rust.job, { job: { ...good, duration: 1.5 } }],
    [
      'an unknown model',
      rust.job,
      echoing({ transcription_config: { language: 'en', operating_point: 'x' } }),
    ],
    [
      'an entity',
      rust.transcript,
      {
        format: '2.9',
        job: good,
        metadata: { created_at: '', type: 'transcription' },
        results: [{ start_time: 0, end_time: 0, type: 'entity' }],
      },
    ],
    ['another status', library.deleted, { job: good }],
  ])('refuse %s', (_, reader, value) => {
    expect(() => reader(value, '$')).toThrow(/^\$/);
  });
});
