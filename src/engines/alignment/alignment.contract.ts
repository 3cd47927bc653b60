import { expect } from 'vitest';
import type { Item } from '../../transcripts/item.ts';
import { breaking, chunksOf, EndlessSpeech, stalling } from '../contract/audio.contract.ts';
import {
  type Check,
  drain,
  NEVER,
  PROMPTLY_MS,
  SAMPLE_RATE,
  type Subject,
  within,
} from '../contract/subject.contract.ts';
import { type Audio, alignText, type Engine, EngineError } from '../engine.ts';

const FOREIGN = ['Xylophones', 'quibble'];
/** Nothing that a text may hold is beyond an engine. */
const ODD = ['\0', '—', '<', '&#0;', 'x'.repeat(1_000_000), '漢字', '🦔', '\u0301', '\ud83d', ' ', ''];
const MAX_DIFFERENCE_SECONDS = 0.2;

/** The rules of `Engine.alignText` by name. */
export const ALIGNMENT_CHECKS = {
  'gives every word of the text, in order': async ({ engine, speech }) => {
    for (const words of [
      speech.words,
      [...FOREIGN, ...speech.words, ...FOREIGN],
      speech.words.toReversed(),
    ]) {
      const items = await align(engine, speech.samples, words);
      expect(items.map((item) => item.content)).toEqual(words);
      expect(items.every((item) => item.type === 'word')).toBe(true);
    }
  },

  'places words where it hears them': async ({ engine, speech }) => {
    const heard = await drain(recognize(engine, chunksOf(speech.samples, SAMPLE_RATE)));
    const differences = (await align(engine, speech.samples, speech.words)).flatMap((item) => {
      const other = heard.find(({ content }) => content.toLowerCase() === item.content);
      if (other) expect(item.confidence).toBeGreaterThan(0);
      return other ? Math.abs(item.startSeconds - other.startSeconds) : [];
    });
    expect(differences.length).toBeGreaterThanOrEqual(speech.words.length * 0.7);
    expect(Math.max(...differences)).toBeLessThan(MAX_DIFFERENCE_SECONDS);
  },

  'keeps the order of time and the audio’s end': async ({ engine, speech }) => {
    const crowd = speech.words.flatMap((word) => [word, ...FOREIGN, ...Array<string>(100).fill(word)]);
    for (const words of [speech.words, crowd]) {
      let clock = 0;
      for (const item of await align(engine, speech.samples, words)) {
        expect(item.startSeconds).toBeGreaterThanOrEqual(clock);
        expect(item.endSeconds).toBeGreaterThanOrEqual(item.startSeconds);
        expect(item.confidence).toBeGreaterThanOrEqual(0);
        expect(item.confidence).toBeLessThanOrEqual(1);
        clock = item.endSeconds;
      }
      expect(clock).toBeLessThanOrEqual(speech.samples.length / SAMPLE_RATE);
    }
  },

  'counts time from the start of the audio when it aligns': async ({ engine, speech }) => {
    const audio = new Float32Array(speech.samples.length + 5 * SAMPLE_RATE);
    audio.set(speech.samples, 5 * SAMPLE_RATE);
    const placed = (await align(engine, audio, speech.words)).filter(({ confidence }) => confidence > 0);
    for (const item of placed) expect(item.startSeconds).toBeGreaterThan(4.5);
  },

  'has no confidence in words that nobody says': async ({ engine, speech }) => {
    const items = await align(engine, new Float32Array(5 * SAMPLE_RATE), speech.words);
    expect(items.map((item) => item.confidence)).toEqual(speech.words.map(() => 0));
    expect(await align(engine, new Float32Array(0), speech.words)).toHaveLength(speech.words.length);
  },

  'takes any text': async ({ engine, speech }) => {
    expect(await align(engine, speech.samples, [])).toEqual([]);
    const words = [...ODD, ...speech.words, ...ODD];
    expect((await align(engine, speech.samples, words)).map((item) => item.content)).toEqual(words);
  },

  'throws the reason when aborted while the audio to align stalls': async ({ engine, speech }) => {
    const controller = new AbortController();
    const items = aligning(engine, () => stalling(speech.samples), speech.words, controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await expect(within(PROMPTLY_MS, drain(items))).rejects.toThrow('enough');
  },

  'aligns nothing for a signal already aborted': async ({ engine, speech }) => {
    const signal = AbortSignal.abort(new Error('too late'));
    const items = aligning(engine, () => chunksOf(speech.samples, SAMPLE_RATE), speech.words, signal);
    await expect(drain(items)).rejects.toBe(signal.reason);
  },

  'passes on the failure of the audio to align': async ({ engine, speech }) => {
    const failure = new Error('the source broke');
    const items = aligning(engine, () => breaking(speech.samples, failure), speech.words);
    await expect(within(PROMPTLY_MS, drain(items))).rejects.toBe(failure);
  },

  'serves a call after an alignment that was left': async ({ engine, speech }) => {
    const before = await align(engine, speech.samples, speech.words);
    const controller = new AbortController();
    const left = drain(
      aligning(engine, () => new EndlessSpeech(speech.samples), speech.words, controller.signal),
    );
    controller.abort(new Error('enough'));
    await expect(left).rejects.toThrow('enough');
    const [first] = [aligning(engine, () => chunksOf(speech.samples, SAMPLE_RATE), speech.words)];
    await first.next();
    await first.return?.();
    expect(await align(engine, speech.samples, speech.words)).toEqual(before);
  },

  'aligns in no language it does not have': async ({ engine, speech }) => {
    const openAudio = () => chunksOf(speech.samples, SAMPLE_RATE);
    const items = alignText(engine, { openAudio, words: speech.words }, { language: 'xx' }, NEVER);
    await expect(drain(items[Symbol.asyncIterator]())).rejects.toMatchObject({ retryable: false });
  },

  'aligns nothing once closed': async ({ start, speech }: Subject) => {
    const engine = await start();
    await engine.close();
    await expect(align(engine, speech.samples, speech.words)).rejects.toBeInstanceOf(EngineError);
  },
} as const satisfies Record<string, Check>;

function recognize(engine: Engine, audio: Audio): AsyncIterator<Item> {
  return engine.recognizeFile(audio, { language: 'en' }, NEVER)[Symbol.asyncIterator]();
}

function aligning(
  engine: Engine,
  openAudio: () => Audio,
  words: readonly string[],
  signal: AbortSignal = NEVER,
): AsyncIterator<Item> {
  return alignText(engine, { openAudio, words }, { language: 'en' }, signal)[Symbol.asyncIterator]();
}

function align(engine: Engine, samples: Float32Array, words: readonly string[]): Promise<Item[]> {
  return drain(aligning(engine, () => chunksOf(samples, SAMPLE_RATE), words));
}
