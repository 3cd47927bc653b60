import { describe, expect, it } from 'vitest';
import type { Item } from '../../transcripts/item.ts';
import { type Engine, EngineError } from '../engine.ts';
import { createScripted } from '../scripted/engine.ts';
import { sayWords } from '../scripted/script.ts';
import { CHECKS } from './engine.contract.ts';
import type { Speech } from './subject.contract.ts';

const WORDS = ['good', 'morning', 'everybody'];
const SPEECH: Speech = { words: WORDS, samples: new Float32Array(32_000).fill(0.1) };

type Recognize = Engine['recognizeFile'];

const sound = (): Engine => createScripted(sayWords(...WORDS));

/** The sound engine with one thing broken. */
const broken = (recognizeFile: (sound: Engine) => Recognize): Engine => {
  const engine = sound();
  return { ...engine, recognizeFile: recognizeFile(engine) };
};

/** The sound engine with its items changed. */
const changed = (change: (items: Item[]) => Item[]): Engine =>
  broken(
    (engine) =>
      async function* (audio, options, signal) {
        const items: Item[] = [];
        for await (const item of engine.recognizeFile(audio, options, signal)) items.push(item);
        yield* change(items);
      },
  );

const onWords = (change: (word: Item) => Partial<Item>) =>
  changed((items) => items.map((item) => (item.type === 'word' ? { ...item, ...change(item) } : item)));

const ignoringSignal = broken(
  (engine) => (audio, options) => engine.recognizeFile(audio, options, new AbortController().signal),
);

const hallucination: Item = {
  type: 'word',
  content: 'you',
  startSeconds: 0,
  endSeconds: 0.1,
  confidence: 0.2,
};

/** Once one call was left early, this engine answers no more. */
function stuckAfterLeaving(): Engine {
  let isStuck = false;
  return broken(
    (engine) =>
      async function* (audio, options, signal) {
        if (isStuck) return;
        isStuck = true;
        yield* engine.recognizeFile(audio, options, signal);
        isStuck = false;
      },
  );
}

/** For each rule an engine that breaks it. */
const BREAKERS: Record<keyof typeof CHECKS, Engine> = {
  'hears the words in order': onWords(() => ({ content: 'hm' })),
  'gives items in time order': changed((items) => items.toReversed()),
  'gives words a length and punctuation none': onWords((word) => ({ endSeconds: word.startSeconds })),
  'separates words from punctuation': onWords((word) => ({ content: `${word.content}.` })),
  'keeps times within the audio': onWords((word) => ({ endSeconds: word.endSeconds + 10 })),
  'counts time from the start of the audio': changed((items) => [hallucination, ...items]),
  'gives confidences as probabilities': onWords(() => ({ confidence: -0.3 })),
  'says nothing for silence': changed(() => [hallucination]),
  'says nothing for next to no audio': changed((items) => [hallucination, ...items]),
  'does not depend on the length of chunks': broken(
    (engine) =>
      async function* (audio, options, signal) {
        let chunks = 0;
        const counted = async function* () {
          for await (const chunk of audio) {
            chunks += 1;
            yield chunk;
          }
        };
        for await (const item of engine.recognizeFile(counted(), options, signal)) {
          yield { ...item, confidence: 1 / (1 + chunks) };
        }
      },
  ),
  'reads audio as it is needed': broken(
    (engine) =>
      async function* (audio, options, signal) {
        const all: Float32Array[] = [];
        for await (const chunk of audio) all.push(chunk);
        yield* engine.recognizeFile(asAudio(all), options, signal);
      },
  ),
  'stops the audio when it is left': broken((engine) => (audio, options, signal) => {
    const chunks = audio[Symbol.asyncIterator]();
    const unstoppable = { [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) };
    return engine.recognizeFile(unstoppable, options, signal);
  }),
  'throws the reason once aborted': ignoringSignal,
  'throws the reason when aborted while the audio stalls': ignoringSignal,
  'throws the reason of a signal already aborted': ignoringSignal,
  'passes on the failure of the audio': broken(
    (engine) =>
      async function* (audio, options, signal) {
        try {
          yield* engine.recognizeFile(audio, options, signal);
        } catch (cause) {
          throw new EngineError('something failed', { retryable: true, cause });
        }
      },
  ),
  'serves a call after one that was left': stuckAfterLeaving(),
  'serves two calls at a time': stuckAfterLeaving(),
  'refuses a language it does not have': broken(
    (engine) => (audio, _options, signal) => engine.recognizeFile(audio, { language: 'en' }, signal),
  ),
  'may be closed twice and refuses work then': { ...sound(), close: async () => {} },
};

async function* asAudio(chunks: readonly Float32Array[]): AsyncGenerator<Float32Array> {
  yield* chunks;
}

describe('engine contract', () => {
  it.each(Object.entries(CHECKS))('"%s" accepts a sound engine', async (_rule, check) => {
    await check({ engine: sound(), start: async () => sound(), speech: SPEECH });
  });

  it.each(Object.entries(BREAKERS))('"%s" rejects an engine that breaks it', async (rule, engine) => {
    const check = CHECKS[rule as keyof typeof CHECKS];
    await expect(check({ engine, start: async () => engine, speech: SPEECH })).rejects.toThrow();
  });

  it('knows a broken engine for every rule', () => {
    expect(Object.keys(BREAKERS)).toEqual(Object.keys(CHECKS));
  });
});
