import { setTimeout as sleep } from 'node:timers/promises';
import { createSpeechmaticsJWT } from '@speechmatics/auth';
import {
  RealtimeClient,
  type RealtimeServerMessage,
  type RealtimeTranscriptionConfig,
  type TranscriptionConfig,
} from '@speechmatics/real-time-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mintKey, readClip, SHORT_CLIP_TEXT } from '../../helpers/api.ts';
import { newCustomer } from '../../helpers/management.ts';
import { inPieces, samplesOfWav, textOf, wordErrorRate } from '../../helpers/realtime.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';

/** The unmodified `@speechmatics/real-time-client` and `@speechmatics/auth` of npm, real speech and the embedded engine. */
let server: RunningServer;
let wav: Uint8Array;
let samples: Uint8Array;
beforeAll(async () => {
  server = await startServer();
  wav = await readClip();
  samples = samplesOfWav(wav);
});
afterAll(() => server?.stop());

const RAW = { type: 'raw', encoding: 'pcm_s16le', sample_rate: 16_000 } as const;
const SILENT_SECOND = new Uint8Array(32_000);

type MessageOf<Name> = Extract<RealtimeServerMessage, { message: Name }>;

/** A client as an application has one, which keeps what it hears. */
class Listener {
  readonly client: RealtimeClient;
  readonly heard: RealtimeServerMessage[] = [];
  readonly said: object[] = [];
  isInSession = false;

  constructor() {
    this.client = new RealtimeClient({
      url: `${server.baseUrl.replace(/^http/, 'ws')}/v2`,
      appId: 'parley/test#1',
    });
    this.client.addEventListener('receiveMessage', ({ data }) => {
      this.heard.push(data);
      if (data.message === 'RecognitionStarted') this.isInSession = true;
      if (data.message === 'EndOfTranscript' || data.message === 'Error') this.isInSession = false;
    });
    this.client.addEventListener('sendMessage', ({ data }) => void this.said.push(data));
    listeners.push(this);
  }

  of<Name extends RealtimeServerMessage['message']>(name: Name): MessageOf<Name>[] {
    return this.heard.filter((data): data is MessageOf<Name> => data.message === name);
  }

  get text(): string {
    return textOf(this.of('AddTranscript').map(({ metadata }) => metadata.transcript));
  }

  forget(): void {
    this.heard.length = 0;
  }

  async start(config: Partial<TranscriptionConfig> = {}, more: Partial<RealtimeTranscriptionConfig> = {}) {
    return this.client.start(await temporaryKey(), {
      audio_format: RAW,
      transcription_config: { language: 'en', ...config },
      ...more,
    });
  }

  send(audio: Uint8Array, pieceBytes = 4_096): number {
    const pieces = inPieces(audio, pieceBytes);
    for (const piece of pieces) this.client.sendAudio(new Uint8Array(piece));
    return pieces.length;
  }

  /** As a microphone does. */
  async speak(audio: Uint8Array): Promise<void> {
    const startedMs = performance.now();
    for (const [index, piece] of inPieces(audio, 3_200).entries()) {
      await sleep(startedMs + index * 100 - performance.now());
      this.client.sendAudio(new Uint8Array(piece));
    }
  }

  /** The next message of this name. */
  next<Name extends RealtimeServerMessage['message']>(name: Name): Promise<MessageOf<Name>> {
    return new Promise((resolve) => {
      const listen = ({ data }: { data: RealtimeServerMessage }) => {
        if (data.message !== name) return;
        this.client.removeEventListener('receiveMessage', listen);
        resolve(data as MessageOf<Name>);
      };
      this.client.addEventListener('receiveMessage', listen);
    });
  }

  closed(): Promise<void> {
    if (this.client.socketState === 'closed') return Promise.resolve();
    return new Promise((resolve) =>
      this.client.addEventListener('socketStateChange', () => {
        if (this.client.socketState === 'closed') resolve();
      }),
    );
  }
}

const listeners: Listener[] = [];
afterEach(async () => {
  const running = listeners.splice(0).filter(({ isInSession }) => isInSession);
  await Promise.all(running.map(({ client }) => client.stopRecognition()));
});

const managementPlatformURL = () => `${server.baseUrl}/v1`;
const temporaryKey = (type: 'rt' | 'batch' = 'rt', apiKey = server.bootstrap.api_key): Promise<string> =>
  createSpeechmaticsJWT({
    type,
    apiKey,
    managementPlatformURL: managementPlatformURL(),
    ...(type === 'batch' && { clientRef: 'USER123' }),
  });

/** What the caller of `start` is told. */
const refusalOf = (start: Promise<unknown>): Promise<unknown> =>
  start.then(
    () => 'no error',
    (reason: unknown) => reason,
  );

const ENGLISH = { audio_format: RAW, transcription_config: { language: 'en' } } as const;

describe('a session', () => {
  it('starts, hears, and stops', async () => {
    const listener = new Listener();
    const started = await listener.start({ enable_partials: true, max_delay: 1 });
    expect(started.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const sent = listener.send(samples);
    await listener.client.stopRecognition();
    expect(wordErrorRate(SHORT_CLIP_TEXT, listener.text)).toBeLessThan(0.2);
    expect(listener.of('AudioAdded').map(({ seq_no }) => seq_no)).toEqual(
      Array.from({ length: sent }, (_, index) => index + 1),
    );
    expect(listener.of('AddPartialTranscript').some(({ results }) => results.length > 0)).toBe(true);
    expect(listener.heard.at(-1)).toEqual({ message: 'EndOfTranscript' });
    await listener.closed();
  });

  it('of a file, which is what it asks for by itself', async () => {
    const listener = new Listener();
    await listener.client.start(await temporaryKey(), { transcription_config: { language: 'en' } });
    listener.send(wav);
    await listener.client.stopRecognition();
    expect(wordErrorRate(SHORT_CLIP_TEXT, listener.text)).toBeLessThan(0.2);
  });

  it('ends an utterance when it is asked to, in speech and in silence', async () => {
    const listener = new Listener();
    await listener.start({ enable_partials: true });
    for (const audio of [samples, SILENT_SECOND]) {
      listener.forget();
      await listener.speak(audio);
      const ended = listener.next('EndOfUtterance');
      listener.client.forceEndOfUtterance();
      await ended;
      const names = listener.heard.map(({ message }) => message).filter((name) => name !== 'AudioAdded');
      expect(names.slice(-3)).toEqual(['AddTranscript', 'AddPartialTranscript', 'EndOfUtterance']);
      if (audio === samples) expect(wordErrorRate(SHORT_CLIP_TEXT, listener.text)).toBeLessThan(0.2);
    }
  });

  it('of channels ends an utterance of the one that is named', async () => {
    const listener = new Listener();
    const channels: Partial<TranscriptionConfig> = {
      diarization: 'channel',
      channel_diarization_labels: ['agent', 'caller'],
    };
    const started = await listener.start(channels);
    expect(started.channel_ids).toEqual(['agent', 'caller']);
    const ended = listener.next('EndOfUtterance');
    listener.client.forceEndOfUtterance('caller');
    expect((await ended).channel).toBe('caller');
  });

  it('answers getSpeakers while it runs, and at its end', async () => {
    const listener = new Listener();
    await listener.start();
    expect(await listener.client.getSpeakers({ timeout: 5_000 })).toMatchObject({ speakers: [] });
    const atTheEnd = listener.client.getSpeakers({ final: true, timeout: 10_000 });
    listener.send(SILENT_SECOND);
    await listener.client.stopRecognition();
    expect(await atTheEnd).toMatchObject({ speakers: [] });
    expect(listener.heard.slice(-2).map(({ message }) => message)).toEqual([
      'SpeakersResult',
      'EndOfTranscript',
    ]);
  });

  it('takes another config while it runs', async () => {
    const listener = new Listener();
    await listener.start();
    await listener.speak(samples);
    const ended = listener.next('EndOfUtterance');
    listener.client.forceEndOfUtterance();
    await ended;
    expect(wordErrorRate(SHORT_CLIP_TEXT, listener.text)).toBeLessThan(0.2);
    expect(listener.of('AddPartialTranscript')).toEqual([]);
    listener.client.setRecognitionConfig({ language: 'en', enable_partials: true, max_delay: 2 });
    listener.send(samples);
    await listener.client.stopRecognition();
    expect(listener.of('AddPartialTranscript').some(({ results }) => results.length > 0)).toBe(true);
  });

  it('is told that what it may not change cannot be changed', async () => {
    const listener = new Listener();
    await listener.start();
    const error = listener.next('Error');
    listener.client.setRecognitionConfig({ language: 'de' });
    expect(await error).toMatchObject({ type: 'invalid_config' });
    await listener.closed();
  });
});

describe('a client object', () => {
  it('is used for a second session, whose number of messages it has wrong', async () => {
    const listener = new Listener();
    await listener.start();
    const sent = listener.send(samples, 320);
    await listener.client.stopRecognition();
    await listener.closed();
    listener.forget();
    await listener.start();
    expect(listener.send(samples, 16_000)).toBeLessThan(sent);
    await listener.client.stopRecognition();
    // It goes on from the last message that was confirmed to it, here one of the session before.
    expect(listener.said.at(-1)).toEqual({ message: 'EndOfStream', last_seq_no: sent });
    expect(wordErrorRate(SHORT_CLIP_TEXT, listener.text)).toBeLessThan(0.2);
  });

  it('is one of several at once', async () => {
    const several = Array.from({ length: 4 }, () => new Listener());
    const ids = await Promise.all(several.map((listener) => listener.start().then(({ id }) => id)));
    expect(new Set(ids).size).toBe(several.length);
    for (const listener of several) listener.send(samples);
    await Promise.all(several.map(({ client }) => client.stopRecognition()));
    for (const { text } of several) expect(wordErrorRate(SHORT_CLIP_TEXT, text)).toBeLessThan(0.2);
  });
});

describe('a refusal reaches the caller of start', () => {
  it('when the key is of the wrong type, 20 times of 20', async () => {
    const key = await temporaryKey('batch');
    const told = await Promise.all(
      Array.from({ length: 20 }, () => refusalOf(new Listener().client.start(key, ENGLISH))),
    );
    expect(told).toEqual(Array.from({ length: 20 }, () => new Error('not_authorised')));
  });

  it('when its key has as many sessions as it may, 20 times of 20', async () => {
    const key = await mintKey(server, server.bootstrap.api_key, {
      type: 'rt',
      limits: { max_concurrent: 1 },
    });
    const first = new Listener();
    await first.client.start(key, ENGLISH);
    for (let round = 0; round < 20; round += 1) {
      const listener = new Listener();
      expect(await refusalOf(listener.client.start(key, ENGLISH))).toEqual(new Error('quota_exceeded'));
      expect(listener.of('Error')).toMatchObject([{ reason: 'Concurrent Quota Exceeded' }]);
    }
    await first.client.stopRecognition();
    await first.closed();
    await new Listener().client.start(key, ENGLISH);
  });

  it('when its workspace has as many sessions as it may', async () => {
    const { apiKey } = await newCustomer(server, { max_sessions: 2 });
    const start = async () => {
      const listener = new Listener();
      await listener.client.start(await temporaryKey('rt', apiKey), ENGLISH);
      return listener;
    };
    const [first] = await Promise.all([start(), start()]);
    expect(await refusalOf(start())).toEqual(new Error('quota_exceeded'));
    expect(first.of('Info')).toContainEqual(
      expect.objectContaining({ type: 'concurrent_session_usage', quota: 2 }),
    );
    await first.client.stopRecognition();
    await first.closed();
    await start();
  });

  it.each([
    ['a language that is not offered', { language: 'de' }, 'invalid_language'],
    ['a feature that is not there', { language: 'en', domain: 'finance' }, 'not_allowed'],
    ['a member that is none', { language: 'en', enable_partial: true }, 'invalid_config'],
  ])('for %s', async (_, transcription_config, type) => {
    const start = new Listener().client.start(await temporaryKey(), { ...ENGLISH, transcription_config });
    expect(await refusalOf(start)).toEqual(new Error(type));
  });

  it.each([
    ['nonsense', () => 'nonsense'],
    ['an API key', () => server.bootstrap.api_key],
    ['a key of nobody', async () => `${await temporaryKey()}x`],
    ['nothing', () => ''],
  ])('when it is no key that may stand in a URL: %s', async (_, key) => {
    const listener = new Listener();
    const error = await refusalOf(listener.client.start(await key(), ENGLISH));
    expect((error as { message: string }).message).toBe('Unexpected server response: 401');
    expect(listener.client.socketState).toBe('closed');
  });
});
