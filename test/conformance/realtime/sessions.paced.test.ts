import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintKey, readClip, SHORT_CLIP_TEXT } from '../../helpers/api.ts';
import { ENGLISH_START, RealtimeClient, samplesOfWav, wordErrorRate } from '../../helpers/realtime.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';

/** Real-time sessions with real speech and the embedded engine. */
let server: RunningServer;
let key: string;
let clip: Uint8Array;
beforeAll(async () => {
  server = await startServer();
  key = server.bootstrap.api_key;
  clip = samplesOfWav(await readClip());
});
afterAll(() => server?.stop());

/** Share of the words of the clip that were heard wrong. */
const wrong = (text: string): number => wordErrorRate(SHORT_CLIP_TEXT, text);

const start = (config: object = {}, more: Record<string, unknown> = {}) =>
  RealtimeClient.start(server, { key }, { config, ...more });

type Metadata = { start_time: number; end_time: number; transcript: string };
const metadataOf = (message: unknown) => (message as { metadata: Metadata }).metadata;

describe('a session', () => {
  it('hears what was said, confirms every message, and ends', async () => {
    const client = await start({ enable_partials: true, max_delay: 1 });
    await client.stream(clip, { speed: 1 });
    await client.finish();
    expect(await client.closed).toEqual({ code: 1000, reason: '' });
    expect(wrong(client.text)).toBeLessThan(0.2);
    const seqs = client.of('AudioAdded').map(({ seq_no }) => seq_no);
    expect(seqs).toEqual(Array.from({ length: Math.ceil(clip.length / 3_200) }, (_, index) => index + 1));
    const names = client.messages.map(({ message }) => message);
    expect(names.slice(0, 3)).toEqual(['Info', 'RecognitionStarted', 'Info']);
    expect(names.at(-1)).toBe('EndOfTranscript');
    for (const [index, name] of names.entries()) {
      if (name === 'AddTranscript') expect(names[index + 1]).toBe('AddPartialTranscript');
    }
    const partials = client.of('AddPartialTranscript').filter((one) => metadataOf(one).transcript !== '');
    expect(partials.length).toBeGreaterThan(1);
    const windows = client.of('AddTranscript').map(metadataOf);
    for (const [index, { start_time }] of windows.entries()) {
      expect(start_time).toBe(index === 0 ? 0 : windows[index - 1]?.end_time);
    }
  });

  it.each([
    ['one byte too few at a time', 3_199],
    ['small pieces', 320],
    ['one piece', 10_000_000],
  ])('hears the same in %s', async (_, pieceBytes) => {
    const client = await start();
    await client.stream(clip, { pieceBytes });
    await client.finish();
    expect(wrong(client.text)).toBeLessThan(0.2);
    client.close();
  });

  it('counts fragments of a message as one', async () => {
    const client = await start();
    for (let at = 0; at < clip.length; at += 1_024) {
      client.socket.send(clip.subarray(at, at + 1_024), { fin: at + 1_024 >= clip.length });
    }
    await client.finish();
    expect(client.of('AudioAdded')).toHaveLength(1);
    expect(wrong(client.text)).toBeLessThan(0.2);
    client.close();
  });

  it('ends without audio', async () => {
    const client = await start();
    await client.finish();
    expect(client.text).toBe('');
    client.close();
  });

  it('of a file takes the file as it is, header included', async () => {
    const client = await start({}, { audio_format: { type: 'file' } });
    await client.stream(await readClip(), { pieceBytes: 4_096 });
    await client.finish();
    expect(wrong(client.text)).toBeLessThan(0.2);
    client.close();
  });

  it('of what is no audio says so', async () => {
    const client = await start({}, { audio_format: { type: 'file' } });
    client.audio(Buffer.from('this is no audio at all '.repeat(10_000)));
    client.say({ message: 'EndOfStream', last_seq_no: 1 });
    expect(await client.closed).toEqual({ code: 1003, reason: 'protocol_error' });
    expect(client.messages.at(-1)).toEqual({
      message: 'Error',
      type: 'invalid_audio_type',
      reason: 'Invalid audio type: Could not determine type of stream.',
    });
  });

  it('of two channels hears each by itself', async () => {
    const client = await start({ diarization: 'channel', channel_diarization_labels: ['agent', 'caller'] });
    const silence = new Uint8Array(clip.length);
    for (const [channel, audio] of [
      ['agent', clip],
      ['caller', silence],
    ] as const) {
      client.say({ message: 'AddChannelAudio', channel, data: Buffer.from(audio).toString('base64') });
      client.say({ message: 'EndOfChannel', channel, last_seq_no: 1 });
    }
    await client.next('EndOfTranscript');
    const spoken = client.of('AddTranscript').filter((one) => metadataOf(one).transcript !== '');
    expect(new Set(spoken.map(({ channel }) => channel))).toEqual(new Set(['agent']));
    expect(client.of('ChannelAudioAdded').map(({ channel, seq_no }) => [channel, seq_no])).toEqual([
      ['agent', 1],
      ['caller', 1],
    ]);
    client.close();
  });

  it('answers the forced end of an utterance, in speech and in silence', async () => {
    const client = await start({ enable_partials: true });
    for (const audio of [new Uint8Array(0), clip.subarray(0, 64_000), new Uint8Array(32_000)]) {
      await client.stream(audio, { speed: 1 });
      const from = client.messages.length;
      client.say({ message: 'ForceEndOfUtterance' });
      const end = await client.next('EndOfUtterance', { from });
      expect(end.forced).toBe(true);
      const names = client.messages.slice(from).map(({ message }) => message);
      expect(names.filter((name) => name !== 'AudioAdded').slice(-3)).toEqual([
        'AddTranscript',
        'AddPartialTranscript',
        'EndOfUtterance',
      ]);
    }
    await client.finish();
    client.close();
  });

  it('ends an utterance in the silence after it', async () => {
    const client = await start({ conversation_config: { end_of_utterance_silence_trigger: 0.5 } });
    await client.stream(clip);
    await client.stream(new Uint8Array(3 * 32_000));
    const { metadata } = await client.next('EndOfUtterance');
    expect((metadata as Metadata).start_time).toBe((metadata as Metadata).end_time);
    await client.finish();
    expect(client.of('EndOfUtterance')).toHaveLength(1);
    client.close();
  });

  it('filters as a job does', async () => {
    const client = await start({
      transcript_filtering_config: {
        replacements: [
          { from: 'amiable', to: 'friendly' },
          { from: '/^(h)imself$/', to: '$1erself' },
        ],
      },
      punctuation_overrides: { permitted_marks: [] },
      audio_filtering_config: { volume_threshold: 0 },
    });
    await client.stream(clip);
    await client.finish();
    expect(client.text.toLowerCase()).toContain('friendly herself');
    expect(client.text).not.toContain('.');
    const [first] = client.of('AddTranscript').flatMap(({ results }) => results as { volume: number }[]);
    expect(first?.volume).toBeGreaterThan(0);
    client.close();
  });
});

describe('beside a session', () => {
  it('others may end badly', async () => {
    const good = await start();
    const bad = await start();
    bad.say('{');
    expect((await bad.closed).code).toBe(1003);
    const gone = await start();
    gone.socket.terminate();
    await good.stream(clip);
    await good.finish();
    expect(wrong(good.text)).toBeLessThan(0.2);
    good.close();
  });
});

describe('limits', () => {
  it('of a temporary key: one session in all', async () => {
    const jwt = await mintKey(server, key, { type: 'rt', limits: { max_sessions: 1 } });
    const first = await RealtimeClient.start(server, { jwt });
    const second = await RealtimeClient.connect(server, { jwt });
    second.say(ENGLISH_START);
    expect(await second.closed).toEqual({ code: 4003, reason: 'not_allowed' });
    first.close();
    await first.closed;
    const third = await RealtimeClient.connect(server, { jwt });
    third.say(ENGLISH_START);
    expect((await third.closed).code).toBe(4003);
  });

  it('of a temporary key: one session at a time, free again as soon as the client is gone', async () => {
    const jwt = await mintKey(server, key, { type: 'rt', limits: { max_concurrent: 1 } });
    const first = await RealtimeClient.start(server, { jwt });
    const second = await RealtimeClient.connect(server, { jwt });
    second.say(ENGLISH_START);
    expect(await second.closed).toEqual({ code: 4005, reason: 'quota_exceeded' });
    expect(second.messages.map(({ message, type }) => [message, type])).toEqual([
      ['Info', 'concurrent_session_usage'],
      ['Error', 'quota_exceeded'],
    ]);
    first.socket.terminate();
    await sleep(300);
    const third = await RealtimeClient.start(server, { jwt });
    third.close();
  });

  it('of a temporary key: seconds of audio of all its sessions', async () => {
    const jwt = await mintKey(server, key, { type: 'rt', limits: { audio_seconds: 2 } });
    const first = await RealtimeClient.start(server, { jwt });
    await first.stream(new Uint8Array(4 * 32_000));
    expect(await first.closed).toEqual({ code: 4006, reason: 'timelimit_exceeded' });
    expect(first.messages.at(-1)).toMatchObject({ message: 'Error', type: 'timelimit_exceeded' });
    const second = await RealtimeClient.connect(server, { jwt });
    second.say(ENGLISH_START);
    expect((await second.closed).code).toBe(4006);
  });

  it('of a temporary key: the length of one session', async () => {
    const jwt = await mintKey(server, key, { type: 'rt', limits: { max_session_seconds: 1 } });
    const client = await RealtimeClient.start(server, { jwt });
    await client.stream(new Uint8Array(2 * 32_000));
    expect(await client.closed).toEqual({ code: 1008, reason: 'policy_violation' });
    expect(client.messages.at(-1)).toMatchObject({ message: 'Error', type: 'session_timeout' });
  });

  it('of a temporary key: the config it is for', async () => {
    const jwt = await mintKey(server, key, { type: 'rt', limits: { lock: { enable_entities: false } } });
    const client = await RealtimeClient.connect(server, { jwt });
    client.say({ ...ENGLISH_START, transcription_config: { language: 'en', enable_entities: true } });
    expect(await client.closed).toEqual({ code: 4003, reason: 'not_allowed' });
  });
});
