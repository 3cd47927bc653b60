import { afterAll, beforeAll, expect, it } from 'vitest';
import { wavHeader } from '../fixtures/audio/samples.ts';
import { ask, endOfJob, jobForm, readClip } from '../helpers/api.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

const LEFT = 'sense_and_sensibility_01_austen_64kb-0880.wav';
const LEFT_WORDS = 'He was not an ill disposed young man';
const RIGHT = 'sense_and_sensibility_01_austen_64kb-0930.wav';
const RIGHT_WORDS = 'He might even have been made amiable himself';
const HEADER_BYTES = 44;
const LIMIT_MS = 90_000;

let server: RunningServer;
let key: string;

beforeAll(async () => {
  server = await startServer();
  key = server.bootstrap.api_key;
});
afterAll(() => server.stop());

interface Result {
  readonly type: string;
  readonly channel?: string;
  readonly volume?: number;
  readonly start_time: number;
  readonly alternatives: readonly { readonly content: string; readonly speaker?: string }[];
}

async function samplesOf(clip: string): Promise<Int16Array> {
  const bytes = await readClip(clip);
  return new Int16Array(bytes.slice(HEADER_BYTES).buffer);
}

/** A 16 kHz WAV file with these samples side by side, as long as the longest. */
function interleave(...channels: readonly Int16Array[]): Uint8Array<ArrayBuffer> {
  const length = Math.max(...channels.map((samples) => samples.length));
  const data = new Int16Array(length * channels.length);
  channels.forEach((samples, channel) => {
    samples.forEach((sample, at) => {
      data[at * channels.length + channel] = sample;
    });
  });
  const header = wavHeader(data.byteLength, { channels: channels.length });
  return new Uint8Array(Buffer.concat([header, Buffer.from(data.buffer)]));
}

const submit = (audio: Uint8Array<ArrayBuffer>, asked: object) =>
  ask(server, '/v2/jobs', {
    method: 'POST',
    key,
    body: jobForm(audio, {
      config: { type: 'transcription', transcription_config: { language: 'en', ...asked } },
    }),
  });

/** Runs a job to its end and returns its transcript in a format. */
async function transcribe(audio: Uint8Array<ArrayBuffer>, asked: object) {
  const answer = await submit(audio, asked);
  expect(answer.status, answer.text).toBe(201);
  const { id } = answer.json<{ id: string }>();
  const job = await endOfJob(server, key, id);
  expect(job).toMatchObject({ status: 'done', config: { transcription_config: asked } });
  const read = (format: string) => ask(server, `/v2/jobs/${id}/transcript?format=${format}`, { key });
  const { results } = (await read('json-v2')).json<{ results: Result[] }>();
  return { results, txt: (await read('txt')).text };
}

const wordsOf = (results: readonly Result[]) =>
  results
    .filter(({ type }) => type === 'word')
    .map(({ alternatives }) => alternatives[0]?.content.replace('-', ' '))
    .join(' ');

it(
  'each of two channels has its own transcript, under the label asked for',
  async () => {
    const audio = interleave(await samplesOf(LEFT), await samplesOf(RIGHT));
    const { results, txt } = await transcribe(audio, {
      diarization: 'channel',
      channel_diarization_labels: ['Agent', 'Caller', 'nobody'],
    });
    const of = (label: string) => results.filter(({ channel }) => channel === label);
    expect(wordsOf(of('Agent'))).toBe(LEFT_WORDS);
    expect(wordsOf(of('Caller'))).toBe(RIGHT_WORDS);
    expect(results).toHaveLength(of('Agent').length + of('Caller').length);
    const starts = results.filter(({ type }) => type === 'word').map(({ start_time }) => start_time);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(results.some(({ alternatives: [best] }) => best === undefined || 'speaker' in best)).toBe(false);
    expect(txt).toMatch(/^(Agent|Caller): He/);
    expect(txt).not.toContain('nobody');
  },
  LIMIT_MS,
);

/** One clip after the other, each on its own channel. */
async function inTurn(): Promise<Uint8Array<ArrayBuffer>> {
  const [left, right] = [await samplesOf(LEFT), await samplesOf(RIGHT)];
  return interleave(left, Int16Array.from([...new Int16Array(left.length), ...right]));
}

it(
  'labels are channel_1 and so on by default, and a mono file is one channel',
  async () => {
    const stereo = await transcribe(await inTurn(), { diarization: 'channel' });
    expect(stereo.txt).toBe(
      'channel_1: He was not an ill-disposed young man.\nchannel_2: He might even have been made amiable himself.\n',
    );
    const mono = await transcribe(await readClip(RIGHT), { diarization: 'channel' });
    expect(wordsOf(mono.results)).toBe(RIGHT_WORDS);
    expect(new Set(mono.results.map(({ channel }) => channel))).toEqual(new Set(['channel_1']));
  },
  LIMIT_MS,
);

it(
  'channels are mixed where they are not told apart, labels or not',
  async () => {
    const { results, txt } = await transcribe(await inTurn(), {
      channel_diarization_labels: ['Agent', 'Caller'],
    });
    expect(wordsOf(results)).toBe(`${LEFT_WORDS} ${RIGHT_WORDS}`);
    expect(results.some((result) => 'channel' in result || 'volume' in result)).toBe(false);
    expect(results.every(({ alternatives }) => alternatives[0]?.speaker === 'UU')).toBe(true);
    expect(txt).not.toContain('Agent');
  },
  LIMIT_MS,
);

it(
  'words have a volume with audio_filtering_config, and quiet ones are left out below its threshold',
  async () => {
    const [loud, other] = [await samplesOf(LEFT), await samplesOf(RIGHT)];
    // 26 dB less, as somebody at the back of the room.
    const quiet = other.map((sample) => Math.round(sample / 20));
    const audio = interleave(Int16Array.from([...loud, ...quiet]));
    const labelled = await transcribe(audio, { audio_filtering_config: {} });
    const words = labelled.results.filter(({ type }) => type === 'word');
    for (const { volume } of words) {
      expect(volume).toBeGreaterThan(0);
      expect(volume).toBeLessThanOrEqual(100);
    }
    expect(labelled.results.some(({ type, volume }) => type === 'punctuation' && volume !== undefined)).toBe(
      false,
    );
    const isLoud = ({ start_time }: Result) => start_time < loud.length / 16_000;
    const softest = Math.min(...words.filter(isLoud).map(({ volume = 0 }) => volume));
    const loudest = Math.max(...words.filter((word) => !isLoud(word)).map(({ volume = 0 }) => volume));
    expect(wordsOf(words.filter(isLoud))).toBe(LEFT_WORDS);
    expect(wordsOf(words)).not.toBe(LEFT_WORDS);
    expect(softest).toBeGreaterThan(loudest);
    const volume_threshold = (softest + loudest) / 2;
    const filtered = await transcribe(audio, { audio_filtering_config: { volume_threshold } });
    expect(wordsOf(filtered.results)).toBe(LEFT_WORDS);
    expect(filtered.txt).not.toContain('amiable');
  },
  LIMIT_MS,
);

it('audio of too many channels is refused when it is submitted', async () => {
  const wide = (channels: number) =>
    interleave(...Array.from({ length: channels }, () => new Int16Array(1_600)));
  const refused = { code: 400, error: 'Job rejected due to invalid audio' };
  const mixed = await submit(wide(9), {});
  expect(mixed.json()).toMatchObject({ ...refused, detail: expect.stringContaining('9 channels') });
  for (const channels of [65, 101]) {
    const apart = await submit(wide(channels), { diarization: 'channel' });
    expect(apart.json()).toMatchObject({
      ...refused,
      detail: expect.stringContaining(`${channels} channels`),
    });
  }
  const accepted = await submit(wide(9), { diarization: 'channel' });
  expect(accepted.status).toBe(201);
  expect((await endOfJob(server, key, accepted.json<{ id: string }>().id)).status).toBe('done');
});
