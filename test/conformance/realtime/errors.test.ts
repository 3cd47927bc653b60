import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintKey, readClip, SHORT_CLIP_TEXT } from '../../helpers/api.ts';
import { newCustomer } from '../../helpers/management.ts';
import {
  ENGLISH_START,
  type Message,
  RealtimeClient,
  samplesOfWav,
  wordErrorRate,
} from '../../helpers/realtime.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';

/**
 * How sessions end badly (docs/realtime.md, "Errors"): each type of Error with its close, told to a client, while a
 * session beside it goes on.
 */
let server: RunningServer;
let key: string;
let clip: Uint8Array;
/** Held open from the first test to the last. */
let bystander: RealtimeClient;
/** Opened at the beginning, because time takes its time. */
let silent: RealtimeClient;
let quiet: RealtimeClient;
let short: RealtimeClient;

beforeAll(async () => {
  server = await startServer({
    env: {
      PARLEY_MAX_STREAMS: '7',
      PARLEY_SESSION_START_SECONDS: '3',
      // Warned 5 and 15 minutes before, which is after a second.
      PARLEY_SESSION_IDLE_SECONDS: '301',
      PARLEY_SESSION_SECONDS: '901',
    },
  });
  key = server.bootstrap.api_key;
  clip = samplesOfWav(await readClip());
  bystander = await RealtimeClient.start(server, { key });
  await bystander.stream(clip.subarray(0, 32_000));
  silent = await RealtimeClient.connect(server, { key });
  quiet = await RealtimeClient.start(server, { key });
  const jwt = await mintKey(server, key, { type: 'rt', limits: { max_session_seconds: 2 } });
  short = await RealtimeClient.start(server, { jwt });
});
afterAll(() => server?.stop());

/** The closes of each type of Error so far. */
const seen = new Map<string, Set<string>>();

/** The Error a session ended with, after which nothing came but the close. */
async function errorOf(client: RealtimeClient): Promise<{ type: unknown; reason: unknown; close: string }> {
  const { code, reason: word } = await client.closed;
  const close = `${code} ${word}`;
  const { message, type, reason } = client.messages.at(-1) as Message;
  expect([message, client.of('Error')]).toEqual(['Error', [{ message, type, reason }]]);
  seen.set(String(type), (seen.get(String(type)) ?? new Set()).add(close));
  return { type, reason, close };
}

const CLOSE: Readonly<Record<string, string>> = {
  invalid_language: '4004 invalid_model',
  invalid_model: '4004 invalid_model',
  not_allowed: '4003 not_allowed',
};
const expected = (type: string, reason: RegExp) => ({
  type,
  reason: expect.stringMatching(reason),
  close: CLOSE[type] ?? '1003 protocol_error',
});

const MIB = 2 ** 20;
type Said = object | string | Uint8Array;

function say(client: RealtimeClient, said: Said): void {
  if (said instanceof Uint8Array) client.audio(said);
  else client.say(said);
}

describe('before StartRecognition', () => {
  it.each<[string, Said, string, RegExp]>([
    ['audio', new Uint8Array(320), 'protocol_error', /before RecognitionStarted/],
    ['the end', { message: 'EndOfStream', last_seq_no: 0 }, 'protocol_error', /before RecognitionStarted/],
    ['half of JSON', '{"message":"StartRec', 'invalid_message', /not JSON/],
    ['a list', '[]', 'invalid_message', /not a JSON object/],
    ['no message', '{"transcription_config":{}}', 'invalid_message', /"message" is missing/],
    ['an unknown message', { message: 'StartTranscription' }, 'invalid_message', /"StartTranscription"/],
    ['a member too few', { message: 'EndOfStream' }, 'invalid_message', /^EndOfStream: /],
  ])('%s', async (_, said, type, reason) => {
    const client = await RealtimeClient.connect(server, { key });
    say(client, said);
    // What else is said is not heard.
    client.say(ENGLISH_START);
    expect(await errorOf(client)).toEqual(expected(type, reason));
    expect(client.messages).toHaveLength(1);
  });

  it.each([
    ['audio above 10 MiB', new Uint8Array(10 * MIB + 1)],
    ['text above 4 MiB', { ...ENGLISH_START, filling: 'x'.repeat(4 * MIB) }],
  ])('%s', async (_, said) => {
    const client = await RealtimeClient.connect(server, { key });
    say(client, said);
    expect(await errorOf(client)).toEqual({
      type: 'invalid_message',
      reason: 'the message is too big',
      close: '1009 message_too_big',
    });
  });
});

describe('StartRecognition', () => {
  const starting = async (start: object) => {
    const client = await RealtimeClient.connect(server, { key });
    client.say({ ...ENGLISH_START, ...start });
    return errorOf(client);
  };

  it.each<[object, string, RegExp]>([
    [{ language: 'tlh' }, 'invalid_language', /"tlh"/],
    [{ language: 'de' }, 'invalid_language', /"de"/],
    [{ language: 7 }, 'invalid_config', /language/],
    [{ model: 'melia-1' }, 'invalid_model', /"melia-1"/],
    [{ model: 'best' }, 'invalid_config', /model/],
    [{ domain: 'medical' }, 'not_allowed', /domain/],
    [{ output_locale: 'en-GB' }, 'not_allowed', /output_locale/],
    [{ additional_vocab: ['Parley'] }, 'not_allowed', /additional_vocab/],
    [{ diarization: 'speaker' }, 'not_allowed', /diarization "speaker"/],
    [{ enable_partials: 'yes' }, 'invalid_config', /enable_partials/],
    [{ enable_partial: true }, 'invalid_config', /enable_partial/],
    [{ diarization: 'channel' }, 'invalid_config', /channel_diarization_labels/],
    [{ diarization: 'channel', channel_diarization_labels: ['a', 'a'] }, 'invalid_config', /labels/],
    [{ diarization: 'channel', channel_diarization_labels: [...'abcdefghi'] }, 'invalid_config', /1 to 8/],
  ])('with %j', async (config, type, reason) => {
    const start = { transcription_config: { language: 'en', ...config } };
    expect(await starting(start)).toEqual(expected(type, reason));
  });

  it.each<[object, string, RegExp]>([
    [{ transcription_config: undefined }, 'invalid_config', /transcription_config/],
    [{ audio_format: { type: 'raw' } }, 'invalid_config', /audio_format/],
    [
      { audio_format: { type: 'raw', encoding: 'opus', sample_rate: 16_000 } },
      'invalid_config',
      /audio_format/,
    ],
    [
      { audio_format: { type: 'raw', encoding: 'mulaw', sample_rate: 999 } },
      'invalid_config',
      /audio_format/,
    ],
    [{ audio_events_config: {} }, 'not_allowed', /audio_events_config/],
  ])('beside its config, with %j', async (start, type, reason) => {
    expect(await starting(start)).toEqual(expected(type, reason));
  });

  it('with more channels than the server has places for', async () => {
    const labels = { diarization: 'channel', channel_diarization_labels: [...'abcdefgh'] };
    expect(await starting({ transcription_config: { language: 'en', ...labels } })).toEqual({
      type: 'quota_exceeded',
      reason: 'Concurrent Quota Exceeded',
      close: '4005 quota_exceeded',
    });
  });

  it('of a workspace that has as many sessions as it may, until one ends', async () => {
    const { apiKey } = await newCustomer(server, { max_sessions: 1 });
    const first = await RealtimeClient.start(server, { key: apiKey });
    const second = await RealtimeClient.connect(server, { key: apiKey });
    second.say(ENGLISH_START);
    expect(await errorOf(second)).toMatchObject({ type: 'quota_exceeded', close: '4005 quota_exceeded' });
    expect(second.of('Info')).toMatchObject([{ usage: 1, quota: 1 }]);
    await first.finish();
    const third = await RealtimeClient.start(server, { key: apiKey });
    for (const client of [first, third]) client.close();
    await third.closed;
  });

  it('of a workspace whose audio of the month is used up', async () => {
    const { apiKey } = await newCustomer(server, { monthly_audio_hours: 0 });
    const client = await RealtimeClient.connect(server, { key: apiKey });
    client.say(ENGLISH_START);
    expect(await errorOf(client)).toEqual({
      type: 'timelimit_exceeded',
      reason: 'Usage Quota Exceeded',
      close: '4006 timelimit_exceeded',
    });
  });

  it('with a temporary key of another type', async () => {
    const client = await RealtimeClient.connect(server, { jwt: await mintKey(server, key) });
    expect(await errorOf(client)).toMatchObject({ type: 'not_authorised', close: '4001 not_authorised' });
  });
});

describe('in a session', () => {
  const TWO_CHANNELS = { diarization: 'channel', channel_diarization_labels: ['a', 'b'] };
  const change = (config: object) => ({ message: 'SetRecognitionConfig', transcription_config: config });

  it.each<[string, object, Said, string, RegExp]>([
    ['StartRecognition again', {}, ENGLISH_START, 'protocol_error', /was sent before/],
    ['an unknown message', {}, { message: 'Stop' }, 'invalid_message', /"Stop"/],
    ['audio without a channel', TWO_CHANNELS, new Uint8Array(2), 'protocol_error', /AddChannelAudio/],
    [
      'audio of an unknown channel',
      TWO_CHANNELS,
      { message: 'AddChannelAudio', channel: 'c', data: '' },
      'protocol_error',
      /no such channel/,
    ],
    [
      'audio of a channel that is no base64',
      TWO_CHANNELS,
      { message: 'AddChannelAudio', channel: 'a', data: 'AAAA*AAA' },
      'invalid_message',
      /base64/,
    ],
    [
      'audio of a channel where there are none',
      {},
      { message: 'AddChannelAudio', channel: 'a', data: '' },
      'protocol_error',
      /no such channel/,
    ],
    [
      'the end of a channel where there are none',
      {},
      { message: 'EndOfChannel', channel: 'a', last_seq_no: 0 },
      'protocol_error',
      /no such channel/,
    ],
    [
      'an utterance of an unknown channel',
      TWO_CHANNELS,
      { message: 'ForceEndOfUtterance', channel: 'c' },
      'protocol_error',
      /no such channel/,
    ],
    [
      'an utterance before the beginning',
      {},
      { message: 'ForceEndOfUtterance', timestamp: -1 },
      'invalid_message',
      /"timestamp"/,
    ],
    [
      'an utterance at no time',
      {},
      { message: 'ForceEndOfUtterance', timestamp: 'now' },
      'invalid_message',
      /"timestamp"/,
    ],
    [
      'a change of nothing',
      {},
      { message: 'SetRecognitionConfig' },
      'invalid_message',
      /SetRecognitionConfig/,
    ],
    ['a change of language', {}, change({ language: 'de' }), 'invalid_config', /language cannot be changed/],
    ['a change of model', {}, change({ model: 'enhanced' }), 'invalid_config', /model cannot be changed/],
    ['a change to no delay', {}, change({ max_delay: 'soon' }), 'invalid_config', /max_delay/],
    ['speakers of no kind', {}, { message: 'GetSpeakers', final: 1 }, 'invalid_message', /"final"/],
  ])('%s', async (_, config, said, type, reason) => {
    const client = await RealtimeClient.start(server, { key }, { config });
    say(client, said);
    expect(await errorOf(client)).toEqual(expected(type, reason));
  });

  it('more utterances than can be answered', async () => {
    const client = await RealtimeClient.start(server, { key });
    for (let sent = 0; sent < 5_000; sent += 1) {
      client.say({ message: 'ForceEndOfUtterance', timestamp: 1_000 });
    }
    expect(await errorOf(client)).toEqual(expected('protocol_error', /100 requests wait/));
  });

  it('audio that breaks off in its head', async () => {
    const start = { audio_format: { type: 'file' } };
    const client = await RealtimeClient.start(server, { key }, start);
    client.audio(Buffer.concat([Buffer.from('fLaC'), Buffer.alloc(4_000)]));
    client.say({ message: 'EndOfStream', last_seq_no: 1 });
    expect(await errorOf(client)).toEqual(expected('invalid_audio_type', /^Invalid audio type: /));
  });

  it('half a sample, a second end and audio after it are none', async () => {
    const client = await RealtimeClient.start(server, { key });
    client.audio(clip.subarray(0, 6_401));
    const end = { message: 'EndOfStream', last_seq_no: 1 };
    for (const said of [end, end, new Uint8Array(2), new Uint8Array(2)]) say(client, said);
    await client.next('EndOfTranscript');
    expect(client.of('Warning')).toMatchObject([{ type: 'add_audio_after_eos' }]);
    expect(client.of('AudioAdded')).toHaveLength(1);
    client.close();
  });

  it('speakers who are not told apart are none', async () => {
    const client = await RealtimeClient.start(server, { key });
    client.say({ message: 'GetSpeakers' });
    expect(await client.next('SpeakersResult')).toEqual({ message: 'SpeakersResult', speakers: [] });
    expect(client.of('Warning')).toMatchObject([{ type: 'speaker_id' }]);
    client.close();
  });
});

describe('time', () => {
  it('ends a connection without StartRecognition', async () => {
    expect(await errorOf(silent)).toEqual({
      type: 'idle_timeout',
      reason: 'no StartRecognition within 3 seconds',
      close: '1008 policy_violation',
    });
  });

  it('ends a session that is as long as its key allows', async () => {
    expect(await errorOf(short)).toMatchObject({ type: 'session_timeout', close: '1008 policy_violation' });
  });

  it('warns of the end before', async () => {
    await quiet.next('Warning');
    await expect
      .poll(() => quiet.of('Warning').map(({ reason }) => reason))
      .toEqual([
        'Session will timeout in 5m due to inactivity, no audio sent within the last 0m',
        'Session will timeout in 15m due to max duration, session has been active for 0m',
      ]);
    quiet.close();
  });
});

describe('beside them all', () => {
  it('a session has gone on', async () => {
    await bystander.stream(clip.subarray(32_000));
    await bystander.finish();
    expect(wordErrorRate(SHORT_CLIP_TEXT, bystander.text)).toBeLessThan(0.2);
    bystander.close();
  });

  it('every type of the manual was told with its close, but for the faults of a server', async () => {
    const manual = await readFile(new URL('../../../docs/realtime.md', import.meta.url), 'utf8');
    const [, table = ''] = /## Errors\n([\s\S]+?)\n\n[A-Z]/.exec(manual) ?? [];
    const documented = table.split('\n').flatMap((line) => {
      const [, types = '', closes = ''] = line.split('|');
      const named = [...closes.matchAll(/(\d{4}) `(\w+)`/g)].map(([, code, reason]) => `${code} ${reason}`);
      return [...types.matchAll(/`([a-z]+_[a-z_]+)`/g)].map(
        ([, type = '']) => [type, named.toSorted()] as const,
      );
    });
    const told = [...seen].map(([type, closes]) => [type, [...closes].toSorted()]);
    const faults = ['job_error', 'unknown_error'];
    expect(told.toSorted()).toEqual(documented.filter(([type]) => !faults.includes(type)).toSorted());
  });
});
