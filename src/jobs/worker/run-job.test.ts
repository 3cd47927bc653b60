import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { bestDecoder } from '../../../test/fixtures/audio/decoders.ts';
import { wavHeader } from '../../../test/fixtures/audio/samples.ts';
import { temporaryFolder } from '../../../test/fixtures/audio/temporary-folder.ts';
import { createScripted } from '../../engines/scripted/engine.ts';
import { sayWords } from '../../engines/scripted/script.ts';
import { createDiskStore } from '../../storage/disk.ts';
import type { JsonV2 } from '../../transcripts/json-v2.ts';
import { printSrt } from '../../transcripts/srt.ts';
import { printTxt } from '../../transcripts/txt.ts';
import type { JobConfig, TranscriptionConfig } from '../config/schema.ts';
import { blobKeys } from '../job.ts';
import { openJobLog } from './job-log.ts';
import { runJob } from './run-job.ts';

const { signal } = new AbortController();
const folder = temporaryFolder();
const clock = { now: () => 0 };
const lease = { environment: 'eu1', jobId: 'a1b2c3d4e5', owner: 'test' };

/** The transcript of a job whose audio says these words, 0.3 s each, and a full stop. */
async function transcribe(
  words: string,
  asked: TranscriptionConfig,
  sections: Partial<JobConfig> = {},
): Promise<JsonV2> {
  const store = createDiskStore({ root: join(folder(), 'store') });
  await store.start({ isAlone: true });
  const keys = blobKeys(lease.environment, lease.jobId);
  const sound = Buffer.alloc(10 * 32_000, 99);
  await store.put(keys.audio, Buffer.concat([wavHeader(sound.length, { channels: 1 }), sound]));
  const engine = createScripted(sayWords(...words.split(' ')));
  const job = {
    workspaceId: 'ws',
    projectId: 1,
    config: {
      type: 'transcription' as const,
      transcription_config: { language: 'en', ...asked },
      ...sections,
    },
    createdAt: new Date(0),
    dataName: 'x.wav',
    durationSeconds: 10,
  };
  const log = await openJobLog(store, keys.log, clock);
  await runJob({ store, decoder: bestDecoder(), engine, clock }, { lease, job, log }, signal);
  return (await json(await store.get(keys.transcript))) as JsonV2;
}

const WORDS = 'um we paid twenty dollars on the fifth of May';

it('stores the words as they were said, with their tags, when the config asks for nothing', async () => {
  const transcript = await transcribe(WORDS, {});
  expect(printTxt(transcript)).toBe(`${WORDS}.\n`);
  expect(new Set(transcript.results.map(({ type }) => type))).toEqual(new Set(['word', 'punctuation']));
  expect(transcript.results.map(({ alternatives: [{ tags }] }) => tags).filter(Boolean)).toEqual([
    ['disfluency'],
  ]);
});

it('stores them as the config wants them, and every format says the same', async () => {
  const transcript = await transcribe(WORDS, {
    enable_entities: true,
    punctuation_overrides: { permitted_marks: [] },
    transcript_filtering_config: {
      remove_disfluencies: true,
      replacements: [
        { from: 'paid', to: 'gave' },
        { from: '/^(t)he$/', to: '$1h\u2019' },
      ],
    },
  });
  expect(transcript.results).toMatchObject([
    { type: 'word', alternatives: [{ content: 'we' }] },
    { type: 'word', alternatives: [{ content: 'gave' }] },
    {
      type: 'entity',
      entity_class: 'money',
      start_time: 1.3,
      end_time: 2,
      alternatives: [{ content: '$20', confidence: 0.9, language: 'en', speaker: 'UU' }],
      spoken_form: [
        { type: 'word', start_time: 1.3, end_time: 1.6, alternatives: [{ content: 'twenty' }] },
        { type: 'word', start_time: 1.7, end_time: 2, alternatives: [{ content: 'dollars' }] },
      ],
      written_form: [{ type: 'word', start_time: 1.3, end_time: 2, alternatives: [{ content: '$20' }] }],
    },
    { type: 'word', alternatives: [{ content: 'on' }] },
    { type: 'word', alternatives: [{ content: 'th\u2019' }] },
    {
      type: 'entity',
      entity_class: 'date',
      alternatives: [{ content: '5th of May' }],
      written_form: [{}, {}, {}],
    },
  ]);
  expect(printTxt(transcript)).toBe('we gave $20 on th\u2019 5th of May\n');
  expect(printSrt(transcript)).toBe('1\n00:00:00,500 --> 00:00:04,000\nwe gave $20 on th\u2019 5th of May\n');
});

it('says of an add-on that it is not there, in the place the service has for it', async () => {
  const { metadata, results } = await transcribe('hello', {}, { summarization_config: {} });
  expect(results).toHaveLength(2);
  expect(metadata).toMatchObject({
    summarization_errors: [{ type: 'unsupported_language', message: 'Summarization not supported for en.' }],
  });
});
