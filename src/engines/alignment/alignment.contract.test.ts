import { describe, expect, it } from 'vitest';
import type { Item } from '../../transcripts/item.ts';
import { NEVER, type Speech } from '../contract/subject.contract.ts';
import { type Engine, EngineError } from '../engine.ts';
import { createScripted } from '../scripted/engine.ts';
import { sayWords } from '../scripted/script.ts';
import { ALIGNMENT_CHECKS } from './alignment.contract.ts';

const WORDS = ['good', 'morning', 'everybody'];
const SPEECH: Speech = { words: WORDS, samples: new Float32Array(32_000).fill(0.1) };

type Align = NonNullable<Engine['alignText']>;

const sound = (): Engine & { alignText: Align } => ({
  alignText: () => {
    throw new TypeError('the scripted engine aligns');
  },
  ...createScripted(sayWords(...WORDS)),
});

/** The sound engine with its alignment broken. */
const broken = (alignText: (align: Align) => Align): Engine => {
  const engine = sound();
  return { ...engine, alignText: alignText(engine.alignText) };
};

const changed = (change: (items: Item[]) => Item[]): Engine =>
  broken(
    (align) =>
      async function* (...call) {
        const items: Item[] = [];
        for await (const item of align(...call)) items.push(item);
        yield* change(items);
      },
  );

const onWords = (change: (word: Item) => Partial<Item>) =>
  changed((items) => items.map((item) => ({ ...item, ...change(item) })));

const ignoringSignal = broken((align) => (text, options) => align(text, options, NEVER));

/** Once one alignment was left early, this engine aligns no more. */
function stuckAfterLeaving(): Engine {
  let isStuck = false;
  return broken(
    (align) =>
      async function* (...call) {
        if (isStuck) return;
        isStuck = true;
        yield* align(...call);
        isStuck = false;
      },
  );
}

/** For each rule an engine that breaks it. */
const BREAKERS: Record<keyof typeof ALIGNMENT_CHECKS, Engine> = {
  'gives every word of the text, in order': changed((items) => items.slice(1)),
  'places words where it hears them': onWords((word) => ({ startSeconds: word.startSeconds + 0.3 })),
  'keeps the order of time and the audio’s end': onWords(({ confidence }) => ({
    confidence: confidence + 1,
  })),
  'counts time from the start of the audio when it aligns': onWords(() => ({ confidence: 1 })),
  'has no confidence in words that nobody says': onWords(({ confidence }) => ({
    confidence: confidence || 0.1,
  })),
  'takes any text': broken(
    (align) =>
      async function* (text, ...call) {
        if (text.words.some((word) => word.includes('\0'))) throw new RangeError('no such token');
        yield* align(text, ...call);
      },
  ),
  'throws the reason when aborted while the audio to align stalls': ignoringSignal,
  'aligns nothing for a signal already aborted': ignoringSignal,
  'passes on the failure of the audio to align': broken(
    (align) =>
      async function* (...call) {
        try {
          yield* align(...call);
        } catch (cause) {
          throw new EngineError('something failed', { retryable: true, cause });
        }
      },
  ),
  'serves a call after an alignment that was left': stuckAfterLeaving(),
  'aligns in no language it does not have': broken(
    (align) => (text, _options, signal) => align(text, { language: 'en' }, signal),
  ),
  'aligns nothing once closed': { ...sound(), close: async () => {} },
};

describe('alignment contract', () => {
  const subject = (engine: Engine) => ({ engine, start: async () => engine, speech: SPEECH });

  it.each(Object.entries(ALIGNMENT_CHECKS))('"%s" accepts a sound engine', async (_rule, check) => {
    await check({ ...subject(sound()), start: async () => sound() });
  });

  it.each(Object.entries(BREAKERS))('"%s" rejects an engine that breaks it', async (rule, engine) => {
    const check = ALIGNMENT_CHECKS[rule as keyof typeof ALIGNMENT_CHECKS];
    await expect(check(subject(engine))).rejects.toThrow();
  });

  it('knows a broken engine for every rule', () => {
    expect(Object.keys(BREAKERS)).toEqual(Object.keys(ALIGNMENT_CHECKS));
  });

  it('rejects an engine that says it aligns and does not', async () => {
    const { alignText: _, ...engine } = sound();
    const check = ALIGNMENT_CHECKS['gives every word of the text, in order'];
    await expect(check(subject(engine))).rejects.toThrow('the engine aligns no text');
  });
});
