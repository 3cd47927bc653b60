import { createSpeechmaticsJWT } from '@speechmatics/auth';
import { BatchClient, type JobInput, SpeechmaticsResponseError } from '@speechmatics/batch-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSpeech } from '../fixtures/speech/clips.ts';
import { endOfJob, readClip, SHORT_CLIP, SHORT_CLIP_TEXT } from '../helpers/api.ts';
import { longRecording } from '../helpers/long-recording.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';
import { spokenWords, wordErrors } from '../helpers/word-error-rate.ts';

/** The unmodified `@speechmatics/batch-client` of npm, real speech and the embedded engine. */
let server: RunningServer;
let withApiKey: BatchClient;
let withTemporaryKey: BatchClient;
let short: JobInput;

beforeAll(async () => {
  server = await startServer({ isEmbedded: true });
  const apiKey = server.bootstrap.api_key;
  const managementPlatformURL = `${server.baseUrl}/v1`;
  withApiKey = clientOf(apiKey);
  withTemporaryKey = clientOf(
    await createSpeechmaticsJWT({
      type: 'batch',
      apiKey,
      clientRef: 'USER123',
      ttl: 600,
      managementPlatformURL,
    }),
  );
  short = await clip(SHORT_CLIP);
});
afterAll(() => server.stop());

const clientOf = (apiKey: string): BatchClient =>
  new BatchClient({ apiKey, apiUrl: server.baseUrl, appId: 'parley-test' });

const clip = async (name: string): Promise<JobInput> => ({
  data: new Blob([await readClip(name)]),
  fileName: name,
});

const ENGLISH = { transcription_config: { language: 'en' } } as const;
const LIMIT_MS = 90_000;
const NOBODYS_ID = '0000000000';

describe('transcribe', () => {
  it(
    'understands real speech with the API key, and with a temporary key',
    async () => {
      const clips = readSpeech();
      const heard = await Promise.all(
        clips.map(async ({ file }, index) => {
          const client = index % 2 === 0 ? withApiKey : withTemporaryKey;
          return client.transcribe(await clip(file), ENGLISH, 'json-v2', LIMIT_MS);
        }),
      );
      const errors = clips.map(({ words }, index) => wordErrors(words, spokenWords(textOf(heard[index]))));
      const words = clips.reduce((sum, one) => sum + one.words.length, 0);
      expect(words).toBeGreaterThan(50);
      expect(errors.reduce((sum, one) => sum + one, 0) / words).toBeLessThanOrEqual(0.08);
    },
    LIMIT_MS,
  );

  it(
    'gives text and subtitles',
    async () => {
      const [text, srt] = await Promise.all([
        withTemporaryKey.transcribe(short, ENGLISH, 'text', LIMIT_MS),
        withApiKey.transcribe(short, ENGLISH, 'srt', LIMIT_MS),
      ]);
      expect(text).toMatch(new RegExp(`^${SHORT_CLIP_TEXT}\\s*$`));
      expect(srt).toMatch(/^1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\nHe might even have been made amiable\n/);
    },
    LIMIT_MS,
  );
});

describe('jobs', () => {
  const ids: string[] = [];
  beforeAll(async () => {
    for (let index = 0; index < 3; index += 1) {
      ids.push((await withApiKey.createTranscriptionJob(short, ENGLISH)).id);
    }
    for (const id of ids) await endOfJob(server, server.bootstrap.api_key, id);
  });

  it('are described as they were submitted', async () => {
    const tracking = { title: 'Conformance', reference: 'R-1', tags: ['one', 'two'], details: { page: 7 } };
    const config = {
      transcription_config: { language: 'en', operating_point: 'enhanced' },
      tracking,
    } as const;
    const { id } = await withApiKey.createTranscriptionJob(short, config);
    expect(id).toMatch(/^[a-z0-9]{10}$/);
    const { job } = await withApiKey.getJob(id);
    expect(job).toMatchObject({ id, data_name: SHORT_CLIP, config: { type: 'transcription', ...config } });
    expect(job.duration).toBeGreaterThan(0);
    await endOfJob(server, server.bootstrap.api_key, id);
    expect((await withApiKey.getJobResult(id)).job).toMatchObject({ id, tracking });
    await withApiKey.deleteJob(id);
  });

  it('are listed newest first, page by page', async () => {
    const all = (await withApiKey.listJobs()).jobs.map(({ id }) => id);
    expect(all.filter((id) => ids.includes(id))).toEqual([...ids].reverse());
    const walked: string[] = [];
    for (let before: string | undefined; ; ) {
      const filters = { limit: 2, ...(before !== undefined && { created_before: before }) };
      const page = (await withApiKey.listJobs(filters)).jobs;
      expect(page.length).toBeLessThanOrEqual(2);
      const last = page.at(-1);
      if (!last) break;
      walked.push(...page.map(({ id }) => id));
      before = last.created_at;
    }
    expect(walked).toEqual(all);
  });

  it('are read in each format', async () => {
    const [id = ''] = ids;
    expect(textOf(await withApiKey.getJobResult(id))).toBe(SHORT_CLIP_TEXT);
    expect((await withApiKey.getJobResult(id, 'text')).trim()).toBe(SHORT_CLIP_TEXT);
    expect(await withApiKey.getJobResult(id, 'srt')).toContain(' --> ');
  });

  it('are gone from the list once deleted, and only there with include_deleted', async () => {
    const id = ids.pop() ?? '';
    expect((await withApiKey.deleteJob(id)).job).toMatchObject({ id, status: 'deleted' });
    const listed = async (filters = {}) =>
      (await withApiKey.listJobs(filters)).jobs.some((job) => job.id === id);
    expect(await listed()).toBe(false);
    expect(await listed({ include_deleted: true })).toBe(true);
    expect((await withApiKey.getJob(id)).job.status).toBe('deleted');
    await expectError(withApiKey.getJobResult(id), 410, 'File Expired');
    await expectError(withApiKey.getJobResult(id, 'text'), 410, 'File Expired');
    await expectError(withApiKey.deleteJob(id), 404, 'Job not found');
    await expectError(withApiKey.deleteJob(id, true), 404, 'Job not found');
  });

  it('that run have no transcript yet, and are deleted by force only', async () => {
    const input = { data: new Blob([await longRecording({ minutes: 5 })]), fileName: 'long.wav' };
    const { id } = await withApiKey.createTranscriptionJob(input, ENGLISH);
    await expectError(withApiKey.deleteJob(id), 423, 'Resource Locked');
    await expectError(withApiKey.getJobResult(id), 404, 'Transcription not ready');
    expect((await withApiKey.deleteJob(id, true)).job.status).toBe('deleted');
    expect((await withApiKey.getJob(id)).job.status).toBe('deleted');
  });
});

it('getFeatureDiscovery tells the languages', async () => {
  const { batch } = await withApiKey.getFeatureDiscovery();
  expect(batch.transcription).toEqual([expect.objectContaining({ version: 'latest', languages: ['en'] })]);
});

describe('a failure arrives as the typed error of the client', () => {
  it.each([
    ['no such key', () => `ply_${'0'.repeat(39)}`],
    ['junk', () => 'junk'],
    ['the management token', () => server.bootstrap.management_token],
  ])('401 for %s, on every call', async (_, key) => {
    const client = clientOf(key());
    for (const call of everyCall(client)) await expectError(call(), 401, 'Permission Denied');
  });

  it('403 with a reason for a real-time key, on every call', async () => {
    const { api_key } = server.bootstrap;
    const url = `${server.baseUrl}/v1`;
    const key = await createSpeechmaticsJWT({ type: 'rt', apiKey: api_key, managementPlatformURL: url });
    for (const call of everyCall(clientOf(key))) {
      const { response } = await expectError(call(), 403, 'Forbidden');
      expect(response.detail).toMatch(/Batch/);
    }
  });

  it('404 for a job that does not exist', async () => {
    for (const id of [NOBODYS_ID, 'x', 'A'.repeat(10), '%00', '1'.repeat(150)]) {
      await expectError(withApiKey.getJob(id), 404, 'Job not found');
      await expectError(withApiKey.getJobResult(id), 404, 'Job not found');
      await expectError(withApiKey.getJobResult(id, 'text'), 404, 'Job not found');
      await expectError(withApiKey.deleteJob(id), 404, 'Job not found');
    }
  });

  it('404 for a job of another end user', async () => {
    const { id } = await withApiKey.createTranscriptionJob(short, ENGLISH);
    await expectError(withTemporaryKey.getJob(id), 404, 'Job not found');
    await expectError(withTemporaryKey.deleteJob(id, true), 404, 'Job not found');
  });

  it.each([
    ['text', 'this is not audio'],
    ['nothing', ''],
    ['a header without audio', 'RIFF\x00\x00\x00\x00WAVEfmt '],
  ])('400 for %s in place of audio', async (_, content) => {
    const input = { data: new Blob([content]), fileName: 'a.wav' };
    const call = withApiKey.createTranscriptionJob(input, ENGLISH);
    const { response } = await expectError(call, 400, 'Job rejected due to invalid audio');
    expect(response.detail).toEqual(expect.any(String));
  });

  it('400 for a language nobody speaks here', async () => {
    const call = withApiKey.createTranscriptionJob(short, { transcription_config: { language: 'zz' } });
    const { response } = await expectError(call, 400, 'Requested product not available');
    expect(response.detail).toMatch(/"zz"/);
  });

  it('400 for a config that is not one', async () => {
    const config = { transcription_config: { language: 7 } } as unknown as typeof ENGLISH;
    const { response } = await expectError(
      withApiKey.createTranscriptionJob(short, config),
      400,
      'Job rejected',
    );
    expect(response.detail).toMatch(/^Job config JSON is invalid/);
  });

  it.each([{ limit: 0 }, { limit: 101 }, { limit: 1.5 }, { created_before: 'yesterday' }])(
    '422 for the filter %j',
    async (filter) => {
      const { response } = await expectError(withApiKey.listJobs(filter), 422, 'Unprocessable Entity');
      expect(response.detail).toContain(`${Object.keys(filter)[0]} in query`);
    },
  );
});

const everyCall = (client: BatchClient): (() => Promise<unknown>)[] => [
  () => client.createTranscriptionJob(short, ENGLISH),
  () => client.listJobs(),
  () => client.getJob(NOBODYS_ID),
  () => client.getJobResult(NOBODYS_ID),
  () => client.getJobResult(NOBODYS_ID, 'text'),
  () => client.getJobResult(NOBODYS_ID, 'srt'),
  () => client.deleteJob(NOBODYS_ID, true),
];

async function expectError(call: Promise<unknown>, code: number, error: string) {
  const thrown = await call.then(
    (result) => `no error but ${JSON.stringify(result)}`,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(SpeechmaticsResponseError);
  expect(thrown).toMatchObject({ error, response: { code, error } });
  return thrown as SpeechmaticsResponseError;
}

interface Result {
  readonly type: string;
  readonly alternatives?: readonly { readonly content: string }[];
}

/** Puts the results together as a reader of json-v2 does. */
function textOf(transcript: unknown): string {
  return (transcript as { results: readonly Result[] }).results
    .map(({ type, alternatives }) => (type === 'word' ? ' ' : '') + (alternatives?.[0]?.content ?? ''))
    .join('')
    .trim();
}
