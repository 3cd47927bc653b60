import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Item } from '../../transcripts/item.ts';
import { ALIGNMENT_CHECKS } from '../alignment/alignment.contract.ts';
import { type Audio, type Engine, EngineError } from '../engine.ts';
import { breaking, chunksOf, EndlessSpeech, MAX_READ_AHEAD_SECONDS, stalling } from './audio.contract.ts';
import { LIVE_CHECKS } from './live.contract.ts';
import {
  type Check,
  drain,
  NEVER,
  PROMPTLY_MS,
  SAMPLE_RATE,
  type Speech,
  within,
} from './subject.contract.ts';

/** Registers the rules of `Engine` as tests. `start` makes an engine that understands `speech`. */
export function describeEngineContract(name: string, start: () => Promise<Engine>, speech: Speech): void {
  describe(`engine contract: ${name}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await start();
    });
    afterAll(() => engine.close());

    for (const [rule, check] of Object.entries(CHECKS)) {
      it(rule, () => check({ engine, start, speech }));
    }
    for (const [rule, check] of Object.entries(ALIGNMENT_CHECKS)) {
      it(`${rule}, if it aligns`, async () => {
        if (engine.capabilities.alignment) await check({ engine, start, speech });
      });
    }
    for (const [rule, check] of Object.entries(LIVE_CHECKS)) {
      it(`${rule} while it is spoken, if it listens`, async () => {
        if (engine.capabilities.live) await check({ engine, start, speech });
      });
    }
  });
}

/** The rules by name; a plain table, so that `engine.contract.test.ts` can prove that each one bites. */
export const CHECKS = {
  'hears the words in order': async ({ engine, speech }) => {
    const heard = wordsOf(await hear(engine, speech.samples));
    const places = speech.words.map((word) => heard.indexOf(word)).filter((place) => place >= 0);
    expect(places.length).toBeGreaterThanOrEqual(speech.words.length * 0.7);
    expect(heard.length).toBeLessThanOrEqual(speech.words.length * 1.3);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
  },

  'gives items in time order': async ({ engine, speech }) => {
    let clock = 0;
    for (const item of await hear(engine, speech.samples)) {
      expect(item.startSeconds).toBeGreaterThanOrEqual(clock);
      clock = item.endSeconds;
    }
  },

  'gives words a length and punctuation none': async ({ engine, speech }) => {
    const items = await hear(engine, speech.samples);
    expect(items.length).toBeGreaterThan(0);
    items.forEach((item, at) => {
      if (item.type === 'word') expect(item.endSeconds).toBeGreaterThan(item.startSeconds);
      else expect([item.startSeconds, item.endSeconds]).toEqual(Array(2).fill(items[at - 1]?.endSeconds));
    });
  },

  'separates words from punctuation': async ({ engine, speech }) => {
    for (const item of await hear(engine, speech.samples)) {
      expect(item.content).toMatch(item.type === 'word' ? /^\S*[\p{L}\p{N}]$/u : /^[^\s\p{L}\p{N}]+$/u);
      expect(typeof item.isEndOfSentence).toBe(item.type === 'word' ? 'undefined' : 'boolean');
    }
  },

  'keeps times within the audio': async ({ engine, speech }) => {
    for (const item of await hear(engine, speech.samples)) {
      expect(item.startSeconds).toBeGreaterThanOrEqual(0);
      expect(item.endSeconds).toBeLessThanOrEqual(speech.samples.length / SAMPLE_RATE);
    }
  },

  'counts time from the start of the audio': async ({ engine, speech }) => {
    const audio = new Float32Array(speech.samples.length + 5 * SAMPLE_RATE);
    audio.set(speech.samples, 5 * SAMPLE_RATE);
    for (const item of await hear(engine, audio)) expect(item.startSeconds).toBeGreaterThan(4.5);
  },

  'gives confidences as probabilities': async ({ engine, speech }) => {
    for (const { confidence } of await hear(engine, speech.samples)) {
      expect(confidence).toBeGreaterThanOrEqual(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
  },

  'says nothing for silence': async ({ engine }) => {
    expect(await hear(engine, new Float32Array(20 * SAMPLE_RATE))).toEqual([]);
  },

  'says nothing for next to no audio': async ({ engine }) => {
    expect(await hear(engine, new Float32Array(0))).toEqual([]);
    expect(await hear(engine, new Float32Array(10).fill(0.5))).toEqual([]);
  },

  'does not depend on the length of chunks': async ({ engine, speech }) => {
    const whole = await hear(engine, speech.samples, speech.samples.length);
    expect(await hear(engine, speech.samples, 160)).toEqual(whole);
    expect(await hear(engine, speech.samples, 4_801)).toEqual(whole);
  },

  'reads audio as it is needed': async ({ engine, speech }) => {
    const first = await firstItem(engine, new EndlessSpeech(speech.samples));
    expect(first.startSeconds).toBeLessThan(MAX_READ_AHEAD_SECONDS);
  },

  'stops the audio when it is left': async ({ engine, speech }) => {
    const audio = new EndlessSpeech(speech.samples);
    await firstItem(engine, audio);
    expect(audio.isStopped).toBe(true);
  },

  'throws the reason once aborted': async ({ engine, speech }) => {
    const controller = new AbortController();
    const items = recognize(engine, new EndlessSpeech(speech.samples), controller.signal);
    await items.next();
    controller.abort(new Error('enough'));
    await expect(within(PROMPTLY_MS, drain(items))).rejects.toBe(controller.signal.reason);
  },

  'throws the reason when aborted while the audio stalls': async ({ engine, speech }) => {
    const controller = new AbortController();
    const items = recognize(engine, stalling(speech.samples), controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await expect(within(PROMPTLY_MS, drain(items))).rejects.toThrow('enough');
  },

  'throws the reason of a signal already aborted': async ({ engine, speech }) => {
    const signal = AbortSignal.abort(new Error('too late'));
    const items = recognize(engine, chunksOf(speech.samples, SAMPLE_RATE), signal);
    await expect(drain(items)).rejects.toBe(signal.reason);
  },

  'passes on the failure of the audio': async ({ engine, speech }) => {
    const failure = new Error('the source broke');
    const items = recognize(engine, breaking(speech.samples, failure), NEVER);
    await expect(within(PROMPTLY_MS, drain(items))).rejects.toBe(failure);
  },

  'serves a call after one that was left': async ({ engine, speech }) => {
    const before = await hear(engine, speech.samples);
    await firstItem(engine, new EndlessSpeech(speech.samples));
    expect(await hear(engine, speech.samples)).toEqual(before);
  },

  'serves two calls at a time': async ({ engine, speech }) => {
    const alone = await hear(engine, speech.samples);
    const both = await Promise.all([hear(engine, speech.samples), hear(engine, speech.samples)]);
    expect(both).toEqual([alone, alone]);
  },

  'refuses a language it does not have': async ({ engine, speech }) => {
    expect(engine.capabilities.languages).not.toContain('xx');
    const items = engine.recognizeFile(chunksOf(speech.samples, SAMPLE_RATE), { language: 'xx' }, NEVER);
    await expect(drain(items[Symbol.asyncIterator]())).rejects.toMatchObject({ retryable: false });
  },

  'may be closed twice and refuses work then': async ({ start, speech }) => {
    const engine = await start();
    await engine.close();
    await engine.close();
    await expect(hear(engine, speech.samples)).rejects.toBeInstanceOf(EngineError);
  },
} as const satisfies Record<string, Check>;

function recognize(engine: Engine, audio: Audio, signal: AbortSignal): AsyncIterator<Item> {
  return engine.recognizeFile(audio, { language: 'en' }, signal)[Symbol.asyncIterator]();
}

function hear(engine: Engine, samples: Float32Array, chunkLength = SAMPLE_RATE): Promise<Item[]> {
  return drain(recognize(engine, chunksOf(samples, chunkLength), NEVER));
}

async function firstItem(engine: Engine, audio: Audio): Promise<Item> {
  for await (const item of engine.recognizeFile(audio, { language: 'en' }, NEVER)) return item;
  throw new Error('the engine heard nothing');
}

function wordsOf(items: readonly Item[]): string[] {
  return items
    .filter((item) => item.type === 'word')
    .flatMap((item) => item.content.toLowerCase().split('-'));
}
