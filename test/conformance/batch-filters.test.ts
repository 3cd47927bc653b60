import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, endOfJob, jobForm, readClip, submitSpeech } from '../helpers/api.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** "He might even have been made amiable himself.", said by a person and heard by the embedded engine. */
let server: RunningServer;
let key: string;

beforeAll(async () => {
  server = await startServer();
  key = server.bootstrap.api_key;
});
afterAll(() => server.stop());

interface Transcript {
  readonly metadata: { readonly transcription_config: unknown };
  readonly results: readonly {
    readonly type: string;
    readonly alternatives: readonly { readonly content: string; readonly speaker: string }[];
  }[];
}

const configOf = (asked: object, more: object = {}) => ({
  type: 'transcription',
  transcription_config: { language: 'en', ...asked },
  ...more,
});

/** Submits the clip and hands over its transcript in each format. */
async function transcribe(asked: object, more: object = {}) {
  const id = await submitSpeech(server, key, { config: configOf(asked, more) });
  const job = await endOfJob(server, key, id);
  expect(job).toMatchObject({ status: 'done', config: configOf(asked, more) });
  const get = async (format: string) =>
    (await ask(server, `/v2/jobs/${id}/transcript?format=${format}`, { key })).text;
  const transcript: Transcript = JSON.parse(await get('json-v2'));
  return { transcript, txt: await get('txt'), srt: await get('srt') };
}

it('prints what was said when nothing is asked for', async () => {
  const { transcript, txt } = await transcribe({});
  expect(txt).toBe('He might even have been made amiable himself.\n');
  expect(transcript.results.map(({ type }) => type)).toEqual([...Array(8).fill('word'), 'punctuation']);
  for (const { alternatives } of transcript.results) expect(alternatives[0]?.speaker).toBe('UU');
});

it('replaces words and leaves marks out in every format, and echoes what was asked', async () => {
  const asked = {
    enable_entities: true,
    punctuation_overrides: { permitted_marks: [], sensitivity: 0.5 },
    transcript_filtering_config: {
      remove_disfluencies: true,
      replacements: [
        { from: '/^([hH])(e|imself)$/', to: '[$1$2]' },
        { from: '/i/', to: '!' },
        { from: 'amiable', to: 'kind' },
        { from: 'even', to: '' },
      ],
    },
  };
  const { transcript, txt, srt } = await transcribe(asked, {
    output_config: { srt_overrides: { max_line_length: 12, max_lines: 1 } },
  });
  expect(txt).toBe('[He] m!ght have been made kind [himself]\n');
  expect(transcript.results.map(({ alternatives }) => alternatives[0]?.content)).toEqual(
    txt.trim().split(' '),
  );
  expect(transcript.metadata.transcription_config).toEqual({ language: 'en', ...asked });
  const lines = srt.split('\n').filter((line) => /[a-z]/.test(line));
  expect(lines).toEqual(['[He] m!ght', 'have been', 'made kind', '[himself]']);
});

it('rejects the job when a replacement makes a word too long', async () => {
  const replacements = [{ from: '/./', to: 'x'.repeat(900) }];
  const config = configOf({ transcript_filtering_config: { replacements } });
  const job = await endOfJob(server, key, await submitSpeech(server, key, { config }));
  expect(job).toMatchObject({ status: 'rejected' });
  expect(job.errors?.map(({ message }) => message)).toEqual([
    'a replacement makes a word longer than 1000 characters',
  ]);
});

it.each<[string, object, string, RegExp]>([
  [
    'an expression that cannot be read',
    { transcript_filtering_config: { replacements: [{ from: '/(/', to: '' }] } },
    'Job rejected',
    /^Job config JSON is invalid\. Error: .*replacements: the regular expression \/\(\/ cannot be used$/,
  ],
  [
    'another sensitivity',
    { punctuation_overrides: { sensitivity: 0.9 } },
    'Requested product not available',
    /sensitivity$/,
  ],
])('refuses %s when the job is submitted', async (_, asked, error, detail) => {
  const body = jobForm(await readClip(), { config: configOf(asked) });
  const answer = await ask(server, '/v2/jobs', { method: 'POST', key, body });
  expect(answer.status).toBe(400);
  expect(answer.json()).toEqual({ code: 400, error, detail: expect.stringMatching(detail) });
});
