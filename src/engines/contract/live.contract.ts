import { expect } from 'vitest';
import {
  type Engine,
  EngineError,
  type ListenOptions,
  type LiveAudio,
  type LiveRequest,
  listen,
  type Update,
} from '../engine.ts';
import { chunksOf, stalling } from './audio.contract.ts';
import { type Check, drain, NEVER, PROMPTLY_MS, SAMPLE_RATE, within } from './subject.contract.ts';

/** As a client sends it: 100 ms at a time. */
const CHUNK_SAMPLES = SAMPLE_RATE / 10;
/** An engine looks at what is open every so often. */
const TOLERANCE_SECONDS = 0.7;
const PAUSE = new Float32Array(2 * SAMPLE_RATE);

const OPTIONS: ListenOptions = { language: 'en', maxDelaySeconds: 2, hasPartials: true, silenceSeconds: 0 };

const hear = (engine: Engine, audio: LiveAudio, options: Partial<ListenOptions> = {}): Promise<Update[]> =>
  drain(listen(engine, audio, { ...OPTIONS, ...options }, NEVER)[Symbol.asyncIterator]());

const live = (samples: Float32Array): LiveAudio => chunksOf(samples, CHUNK_SAMPLES);

async function* inOrder(
  ...parts: readonly (Float32Array | LiveRequest)[]
): AsyncGenerator<Float32Array | LiveRequest> {
  for (const part of parts) {
    if (part instanceof Float32Array) yield* chunksOf(part, CHUNK_SAMPLES);
    else yield part;
  }
}

const finalsOf = (updates: readonly Update[]) => updates.flatMap(({ finals }) => finals);
const wordsOf = (items: readonly Update['finals'][number][]): string[] =>
  items.filter(({ type }) => type === 'word').map(({ content }) => content.toLowerCase());

/** Most of the words, and little else, in order. */
function expectWords(updates: readonly Update[], words: readonly string[]): void {
  const heard = wordsOf(finalsOf(updates));
  const places = words.map((word) => heard.indexOf(word)).filter((place) => place >= 0);
  expect(places.length).toBeGreaterThanOrEqual(words.length * 0.7);
  expect(heard.length).toBeLessThanOrEqual(words.length * 1.3);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
}

/** The rules of `listen` by name, for engines that have it; `live.contract.test.ts` proves that each one bites. */
export const LIVE_CHECKS = {
  'hears the words in order': async ({ engine, speech }) => {
    expectWords(await hear(engine, live(speech.samples)), speech.words);
  },

  'never goes back': async ({ engine, speech }) => {
    const updates = await hear(engine, inOrder(speech.samples, PAUSE, speech.samples));
    let clock = 0;
    for (const { finals, finalSeconds, partials, heardSeconds } of updates) {
      for (const item of [...finals, ...partials]) {
        expect(item.startSeconds).toBeGreaterThanOrEqual(clock);
        expect(item.endSeconds).toBeGreaterThanOrEqual(item.startSeconds);
        if (finals.includes(item)) clock = item.endSeconds;
      }
      expect(finalSeconds).toBeGreaterThanOrEqual(clock - 0.001);
      expect(heardSeconds).toBeGreaterThanOrEqual(finalSeconds);
    }
  },

  'makes words final within the delay': async ({ engine, speech }) => {
    const maxDelaySeconds = 1;
    const updates = await hear(engine, inOrder(speech.samples, PAUSE), { maxDelaySeconds });
    expect(finalsOf(updates).length).toBeGreaterThan(0);
    for (const { finals, heardSeconds } of updates) {
      for (const { endSeconds } of finals)
        expect(heardSeconds - endSeconds).toBeLessThanOrEqual(maxDelaySeconds + TOLERANCE_SECONDS);
    }
  },

  'guesses before it is sure, if asked': async ({ engine, speech }) => {
    const guessed = (updates: readonly Update[]) => updates.filter(({ partials }) => partials.length > 0);
    const updates = await hear(engine, live(speech.samples));
    expect(guessed(updates).length).toBeGreaterThan(0);
    expect(updates.at(-1)?.partials).toEqual([]);
    expect(guessed(await hear(engine, live(speech.samples), { hasPartials: false }))).toEqual([]);
  },

  'has heard all of the audio at its end': async ({ engine, speech }) => {
    const seconds = speech.samples.length / SAMPLE_RATE;
    const last = (await hear(engine, live(speech.samples))).at(-1);
    expect(last?.heardSeconds).toBeCloseTo(seconds, 2);
    expect(last?.finalSeconds).toBeCloseTo(seconds, 2);
  },

  'ends an utterance where it is asked to': async ({ engine, speech }) => {
    const end = { type: 'end_utterance' } as const;
    const parts = inOrder(end, speech.samples, end, end, PAUSE, end);
    const updates = await hear(engine, parts, { maxDelaySeconds: 4 });
    const ends = updates.filter(({ utteranceEnd }) => utteranceEnd !== undefined);
    expect(ends.map(({ utteranceEnd }) => utteranceEnd)).toEqual(Array(4).fill('request'));
    expect(ends.every(({ partials }) => partials.length === 0)).toBe(true);
    const after = updates.slice(updates.indexOf(ends[1] as Update) + 1);
    expect(finalsOf(after)).toEqual([]);
    expect(ends[1]?.finalSeconds).toBeGreaterThan(speech.samples.length / SAMPLE_RATE - 0.1);
  },

  'ends an utterance once in a silence after speech': async ({ engine, speech }) => {
    const parts = inOrder(speech.samples, PAUSE, PAUSE);
    const updates = await hear(engine, parts, { silenceSeconds: 1.5, maxDelaySeconds: 1 });
    const ends = updates.filter(({ utteranceEnd }) => utteranceEnd === 'silence');
    expect(ends).toHaveLength(1);
    expect(finalsOf(updates.slice(updates.indexOf(ends[0] as Update) + 1))).toEqual([]);
  },

  'says nothing for silence': async ({ engine }) => {
    const updates = await hear(engine, inOrder(PAUSE, PAUSE), { silenceSeconds: 0.5 });
    expect(updates.flatMap(({ finals, partials }) => [...finals, ...partials])).toEqual([]);
    expect(updates.filter(({ utteranceEnd }) => utteranceEnd !== undefined)).toEqual([]);
  },

  'listens to several at once': async ({ engine, speech }) => {
    const heard = await Promise.all([1, 2, 3].map(() => hear(engine, live(speech.samples))));
    for (const updates of heard) expectWords(updates, speech.words);
  },

  'throws the reason when aborted while the audio stalls': async ({ engine, speech }) => {
    const controller = new AbortController();
    const updates = listen(engine, stalling(speech.samples), OPTIONS, controller.signal);
    const ended = drain(updates[Symbol.asyncIterator]());
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await expect(within(PROMPTLY_MS, ended)).rejects.toThrow('enough');
  },

  'refuses a language it does not know': async ({ engine, speech }) => {
    const heard = hear(engine, live(speech.samples), { language: 'tlh' });
    await expect(heard).rejects.toThrow(EngineError);
  },
} satisfies Record<string, Check>;
