import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../../test/helpers/free-port.ts';
import { selfSigned } from '../../../test/helpers/self-signed.ts';
import { startUpstream, type TestUpstream } from '../../../test/helpers/upstream.ts';
import { chunksOf } from '../contract/audio.contract.ts';
import { drain, NEVER, within } from '../contract/subject.contract.ts';
import {
  type Engine,
  type ListenOptions,
  type LiveAudio,
  type LiveRequest,
  listen,
  type Update,
} from '../engine.ts';
import { sayWords } from '../scripted/script.ts';
import { createSpeechmatics } from './engine.ts';
import { LIMITS, type Limits, type Upstream } from './upstream.ts';

const SECOND = 16_000;
const OPTIONS: ListenOptions = { language: 'en', maxDelaySeconds: 2, hasPartials: true, silenceSeconds: 0 };
const NOISE = new Float32Array(2 * SECOND).fill(0.1);

async function upstreamOf(options: Parameters<typeof startUpstream>[0] = {}): Promise<TestUpstream> {
  const upstream = await startUpstream(options);
  onTestFinished(() => upstream.close());
  return upstream;
}

function engineOf(
  { url }: { url: string },
  more: Partial<Upstream> = {},
  limits: Partial<Limits> = {},
): Engine {
  const engine = createSpeechmatics({ url, languages: ['en'], ...more }, { ...LIMITS, ...limits });
  onTestFinished(() => engine.close());
  return engine;
}

const hear = (engine: Engine, audio: LiveAudio, options: Partial<ListenOptions> = {}, signal = NEVER) =>
  within(20_000, drain(listen(engine, audio, { ...OPTIONS, ...options }, signal)[Symbol.asyncIterator]()));

const transcribe = (engine: Engine, audio: AsyncIterable<Float32Array>) =>
  within(20_000, drain(engine.recognizeFile(audio, { language: 'en' }, NEVER)[Symbol.asyncIterator]()));

/** Audio that says how much of it was read, in samples, and whether it was left. */
function counted(audio: LiveAudio): LiveAudio & { readonly samples: number; readonly isLeft: boolean } {
  const counter = {
    samples: 0,
    isLeft: false,
    async *[Symbol.asyncIterator]() {
      try {
        for await (const part of audio) {
          if (part instanceof Float32Array) counter.samples += part.length;
          yield part;
        }
      } finally {
        counter.isLeft = true;
      }
    },
  };
  return counter;
}

/** Noise without end. */
async function* endless(chunkLength: number): AsyncGenerator<Float32Array> {
  for (;;) yield new Float32Array(chunkLength).fill(0.1);
}

/** Audio and requests, with what happens between them. */
async function* inOrder(
  ...parts: readonly (Float32Array | LiveRequest | (() => unknown))[]
): AsyncGenerator<Float32Array | LiveRequest> {
  for (const part of parts) {
    if (typeof part === 'function') await part();
    else yield part;
  }
}

const forEver = () => new Promise(() => {});

const contents = (updates: readonly Update[]) =>
  updates.flatMap(({ finals }) => finals.map(({ content }) => content));
const messages = ({ said }: TestUpstream, name: string) => said.filter(({ message }) => message === name);

describe('a session', () => {
  it('asks the upstream for what was asked for, and for no entities', async () => {
    const upstream = await upstreamOf();
    const asked = { model: 'enhanced', maxDelaySeconds: 1.5, silenceSeconds: 0.6 };
    await hear(engineOf(upstream), chunksOf(NOISE, 1_600), asked);
    expect(upstream.said).toEqual([
      {
        message: 'StartRecognition',
        audio_format: { type: 'raw', encoding: 'pcm_s16le', sample_rate: 16_000 },
        transcription_config: {
          language: 'en',
          max_delay: 1.5,
          max_delay_mode: 'fixed',
          enable_partials: true,
          conversation_config: { end_of_utterance_silence_trigger: 0.6 },
          operating_point: 'enhanced',
          enable_entities: false,
        },
      },
      { message: 'EndOfStream', last_seq_no: 20 },
    ]);
    expect(upstream.audio).toEqual(Array(20).fill(3_200));
  });

  it('of a recording is long of breath and without partials', async () => {
    const upstream = await upstreamOf();
    await transcribe(engineOf(upstream), chunksOf(NOISE, SECOND));
    expect(messages(upstream, 'StartRecognition')).toMatchObject([
      { transcription_config: { max_delay: 4, enable_partials: false } },
    ]);
    expect(Math.max(...upstream.audio)).toBeLessThanOrEqual(4_096);
  });

  it('has an id of its own in both headers, and the token of the installation', async () => {
    const upstream = await upstreamOf({ token: 'let-me-in' });
    const engine = engineOf(upstream, { token: 'let-me-in' });
    for (let count = 0; count < 2; count += 1) await transcribe(engine, chunksOf(NOISE, SECOND));
    const [first, second] = upstream.headers;
    expect(first).toMatchObject({ authorization: 'Bearer let-me-in', 'request-id': first?.['x-request-id'] });
    expect(first?.['request-id']).toMatch(/^[0-9a-f]{32}$/);
    expect(second?.['request-id']).not.toBe(first?.['request-id']);
  });

  it('has no authorization without a token', async () => {
    const upstream = await upstreamOf();
    await transcribe(engineOf(upstream), chunksOf(NOISE, SECOND));
    expect(upstream.headers[0]).not.toHaveProperty('authorization');
  });

  it('changes as it is asked to while it runs', async () => {
    const upstream = await upstreamOf();
    const options = { ...OPTIONS, maxDelaySeconds: 1, silenceSeconds: 0.5 };
    const audio = inOrder(NOISE, { type: 'change', options }, NOISE);
    const updates = await hear(engineOf(upstream), audio, { hasPartials: false });
    expect(messages(upstream, 'SetRecognitionConfig')).toEqual([
      {
        message: 'SetRecognitionConfig',
        transcription_config: {
          language: 'en',
          max_delay: 1,
          max_delay_mode: 'fixed',
          enable_partials: true,
          conversation_config: { end_of_utterance_silence_trigger: 0.5 },
        },
      },
    ]);
    expect(updates.some(({ partials }) => partials.length > 0)).toBe(true);
  });

  it('over TLS trusts the certificates it was given, and no others', async () => {
    const tls = selfSigned();
    const upstream = await upstreamOf({ tls, script: sayWords('hello') });
    const items = await transcribe(engineOf(upstream, { ca: tls.cert }), chunksOf(NOISE, SECOND));
    expect(items[0]).toMatchObject({ content: 'hello' });
    await expect(hear(engineOf(upstream), chunksOf(NOISE, SECOND))).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining('CERT'),
    });
  });

  it('is closed when all was said', async () => {
    const upstream = await upstreamOf();
    await transcribe(engineOf(upstream), chunksOf(NOISE, SECOND));
    await expect.poll(() => upstream.sockets.size, { timeout: 1_000 }).toBe(0);
  });

  it('is cut at once by an abort', async () => {
    const upstream = await upstreamOf();
    const controller = new AbortController();
    const ended = hear(engineOf(upstream), inOrder(NOISE, forEver), {}, controller.signal);
    await expect.poll(() => upstream.audio.length).toBeGreaterThan(0);
    controller.abort(new Error('enough'));
    await expect(within(200, ended)).rejects.toThrow('enough');
    await expect.poll(() => upstream.sockets.size, { timeout: 1_000 }).toBe(0);
  });

  it('is cut when its engine is closed', async () => {
    const upstream = await upstreamOf();
    const engine = engineOf(upstream);
    const ended = hear(engine, inOrder(NOISE, forEver));
    await expect.poll(() => upstream.audio.length).toBeGreaterThan(0);
    await engine.close();
    await expect(ended).rejects.toMatchObject({ retryable: false, message: 'the engine is closed' });
  });
});

describe('an upstream', () => {
  it('that is down is told of, and may be there the next time', async () => {
    const url = `ws://127.0.0.1:${await freePort()}/v2`;
    const failure = {
      name: 'EngineError',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
    };
    const impatient = engineOf({ url }, {}, { placeMs: 0 });
    await expect(transcribe(impatient, endless(SECOND))).rejects.toMatchObject(failure);
    await expect(hear(engineOf({ url }), endless(SECOND))).rejects.toMatchObject(failure);
  });

  it('that comes up, or has a place again, is waited for with a recording', async () => {
    const port = await freePort();
    const items = transcribe(engineOf({ url: `ws://127.0.0.1:${port}/v2` }), chunksOf(NOISE, SECOND));
    const crowded = await upstreamOf({ port, refusal: 'quota_exceeded' });
    await expect.poll(() => crowded.headers.length, { timeout: 5_000 }).toBeGreaterThan(0);
    await crowded.close();
    await upstreamOf({ port, script: sayWords('hello') });
    expect((await items)[0]).toMatchObject({ content: 'hello' });
  });

  it('that is down is no longer waited for when the recording is not wanted any more', async () => {
    const url = `ws://127.0.0.1:${await freePort()}/v2`;
    const controller = new AbortController();
    const items = engineOf({ url }).recognizeFile(endless(SECOND), { language: 'en' }, controller.signal);
    const first = items[Symbol.asyncIterator]().next();
    await sleep(400);
    controller.abort(new Error('enough'));
    await expect(within(200, first)).rejects.toThrow('enough');
  });

  it('that does not start is not waited for any longer', async () => {
    const engine = engineOf(await upstreamOf({ neverStarts: true }), {}, { startMs: 200 });
    const audio = counted(endless(SECOND));
    await expect(hear(engine, audio)).rejects.toMatchObject({
      retryable: true,
      message: 'the upstream did not start a session in time',
    });
    expect(audio.samples).toBe(0);
  });

  it('is not asked again when it does not take the token', async () => {
    const engine = engineOf(await upstreamOf({ token: 'good' }), { token: 'bad' });
    await expect(transcribe(engine, endless(SECOND))).rejects.toMatchObject({
      retryable: false,
      message: 'the upstream refuses the connection with HTTP status 401',
    });
  });

  it('is not asked again for a language it does not have', async () => {
    const engine = engineOf(await upstreamOf(), { languages: ['en', 'de'] });
    await expect(hear(engine, endless(SECOND), { language: 'de' })).rejects.toMatchObject({
      retryable: false,
      message: 'the upstream says invalid_language',
    });
  });

  it('that fails is named by the type of its error alone', async () => {
    const script = [{ atSeconds: 1, failure: { message: 'Mr Jones said', retryable: false } }];
    const failure = { retryable: true, message: 'the upstream says job_error' };
    const engine = engineOf(await upstreamOf({ script }));
    await expect(transcribe(engine, chunksOf(NOISE, SECOND))).rejects.toMatchObject(failure);
  });

  it.each([
    ['killed', (socket: { terminate(): void }) => socket.terminate(), 'code 1006'],
    ['going away', (socket: { close(code: number): void }) => socket.close(1001), 'code 1001'],
    [
      'closing as if all was said',
      (socket: { close(code: number): void }) => socket.close(1000),
      'code 1000',
    ],
  ])('that is %s in the middle ends the session, and its audio is left', async (_, end, code) => {
    const upstream = await upstreamOf();
    const audio = counted(endless(1_600));
    const updates = listen(engineOf(upstream), audio, OPTIONS, NEVER)[Symbol.asyncIterator]();
    await updates.next();
    for (const socket of upstream.sockets) end(socket);
    await expect(within(5_000, drain(updates))).rejects.toMatchObject({
      name: 'EngineError',
      retryable: true,
      message: `the upstream closed the connection early (${code})`,
    });
    expect(audio.isLeft).toBe(true);
  });

  it('that ends before the audio does is no success', async () => {
    const upstream = await upstreamOf();
    const heard = hear(engineOf(upstream), inOrder(NOISE, forEver));
    await expect.poll(() => upstream.audio.length).toBeGreaterThan(0);
    for (const socket of upstream.sockets) socket.send('{"message":"EndOfTranscript"}');
    await expect(heard).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining('before the audio'),
    });
  });

  it('that sends nonsense is left', async () => {
    const upstream = await upstreamOf();
    const heard = hear(engineOf(upstream), inOrder(NOISE, forEver));
    await expect.poll(() => upstream.audio.length).toBeGreaterThan(0);
    for (const socket of upstream.sockets) socket.send('{"message":"AddTranscript"}');
    await expect(heard).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining('AddTranscript'),
    });
  });

  it('that owes an answer and gives none is left', async () => {
    const upstream = await upstreamOf();
    const engine = engineOf(upstream, {}, { answerMs: 300 });
    const heard = hear(
      engine,
      inOrder(NOISE, () => stopReading(upstream), NOISE, forEver),
    );
    await expect(heard).rejects.toMatchObject({ retryable: true, message: 'the upstream no longer answers' });
  });

  it('that owes nothing may be silent', async () => {
    const engine = engineOf(await upstreamOf({ script: sayWords('hello') }), {}, { answerMs: 150 });
    const updates = await hear(
      engine,
      inOrder(NOISE, () => sleep(600), NOISE),
    );
    expect(contents(updates)).toEqual(['hello', '.']);
  });
});

/** The upstream has taken all so far and reads no more, as a server does whose queue is full. */
async function stopReading({ sockets, audio }: TestUpstream): Promise<void> {
  await expect.poll(() => audio.length).toBeGreaterThan(0);
  for (const socket of sockets) socket.pause();
}

describe('audio is held back', () => {
  it('by an upstream that confirms nothing, and flows again when it does', async () => {
    const upstream = await upstreamOf();
    const chunk = NOISE.subarray(0, 160);
    const many = Array<Float32Array>(1_000).fill(chunk);
    const audio = counted(inOrder(chunk, () => stopReading(upstream), ...many));
    const heard = hear(engineOf(upstream), audio);
    await expect.poll(() => audio.samples / chunk.length).toBeGreaterThan(512);
    await sleep(200);
    expect(audio.samples / chunk.length).toBeLessThan(516);
    for (const socket of upstream.sockets) socket.resume();
    expect((await heard).at(-1)?.heardSeconds).toBeCloseTo(10.01, 5);
  });

  it('by an upstream that is behind, but goes on at a pace', async () => {
    const [first] = sayWords('hello');
    const script = first && 'item' in first ? [{ ...first, delayMs: 60_000 }] : [];
    const audio = counted(endless(1_600));
    const leaving = new AbortController();
    const heard = hear(engineOf(await upstreamOf({ script })), audio, {}, leaving.signal);
    await expect.poll(() => audio.samples / SECOND).toBeGreaterThanOrEqual(30);
    const atFirst = audio.samples / SECOND;
    await sleep(1_000);
    const more = audio.samples / SECOND - atFirst;
    leaving.abort(new Error('enough'));
    await expect(heard).rejects.toThrow('enough');
    expect(atFirst).toBeLessThan(31);
    expect(more).toBeGreaterThan(2);
    expect(more).toBeLessThan(11);
  });

  it('by nobody who asks for what was heard', async () => {
    const audio = counted(endless(1_600));
    const updates = listen(engineOf(await upstreamOf()), audio, OPTIONS, NEVER)[Symbol.asyncIterator]();
    await updates.next();
    await sleep(500);
    const read = audio.samples;
    await sleep(200);
    expect(audio.samples).toBe(read);
    expect(read / SECOND).toBeLessThan(31);
    await updates.return?.();
  });

  it('not by long silence', async () => {
    const silence = new Float32Array(60 * SECOND);
    expect(await within(6_000, transcribe(engineOf(await upstreamOf()), chunksOf(silence, SECOND)))).toEqual(
      [],
    );
  });
});
