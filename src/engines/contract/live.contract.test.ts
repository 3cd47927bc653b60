import { describe, expect, it } from 'vitest';
import type { Item } from '../../transcripts/item.ts';
import { type Engine, EngineError, type ListenOptions, listen, type Update } from '../engine.ts';
import { createScripted } from '../scripted/engine.ts';
import { sayWords } from '../scripted/script.ts';
import { LIVE_CHECKS } from './live.contract.ts';
import type { Speech } from './subject.contract.ts';

const WORDS = ['good', 'morning', 'everybody'];
const SPEECH: Speech = { words: WORDS, samples: new Float32Array(32_000).fill(0.1) };

const sound = (): Engine => createScripted(sayWords(...WORDS));

type Listen = NonNullable<Engine['listen']>;

/** The sound engine that listens in another way. */
const broken = (listenOf: (engine: Engine) => Listen): Engine => {
  const engine = sound();
  return { ...engine, listen: listenOf(engine) };
};

/** The sound engine with each update changed. */
const changed = (change: (update: Update) => Partial<Update>): Engine =>
  broken(
    (engine) =>
      async function* (...call) {
        for await (const update of listen(engine, ...call)) yield { ...update, ...change(update) };
      },
  );

const onItems = (change: (item: Item) => Partial<Item>) =>
  changed(({ finals }) => ({ finals: finals.map((item) => ({ ...item, ...change(item) })) }));

const withOptions = (change: Partial<ListenOptions>) =>
  broken((engine) => (audio, options, signal) => listen(engine, audio, { ...options, ...change }, signal));

/** The second call at a time hears nothing. */
function oneAtATime(): Engine {
  let isBusy = false;
  return broken(
    (engine) =>
      async function* (...call) {
        if (isBusy) return;
        isBusy = true;
        yield* listen(engine, ...call);
        isBusy = false;
      },
  );
}

const hallucination: Item = {
  type: 'word',
  content: 'you',
  startSeconds: 0,
  endSeconds: 0.1,
  confidence: 0.2,
};

/** For each rule an engine that breaks it. */
const BREAKERS: Record<keyof typeof LIVE_CHECKS, Engine> = {
  'hears the words in order': onItems(() => ({ content: 'hm' })),
  'never goes back': onItems((item) => ({ startSeconds: item.startSeconds - 1 })),
  'makes words final within the delay': withOptions({ maxDelaySeconds: 4 }),
  'guesses before it is sure, if asked': withOptions({ hasPartials: false }),
  'has heard all of the audio at its end': changed(({ heardSeconds }) => ({
    heardSeconds: Math.min(heardSeconds, 1),
  })),
  'ends an utterance where it is asked to': changed(({ utteranceEnd, ...update }) =>
    utteranceEnd ? { utteranceEnd: 'silence' } : update,
  ),
  'ends an utterance once in a silence after speech': withOptions({ silenceSeconds: 0 }),
  'says nothing for silence': changed(() => ({ partials: [hallucination] })),
  'listens to several at once': oneAtATime(),
  'throws the reason when aborted while the audio stalls': broken(
    (engine) => (audio, options) => listen(engine, audio, options, new AbortController().signal),
  ),
  'refuses a language it does not know': withOptions({ language: 'en' }),
};

describe('live contract', () => {
  it.each(Object.entries(LIVE_CHECKS))('"%s" rejects an engine that breaks it', async (rule, check) => {
    const engine = BREAKERS[rule as keyof typeof LIVE_CHECKS];
    const subject = (of: Engine) => ({ engine: of, start: async () => sound(), speech: SPEECH });
    await expect(check(subject(engine))).rejects.toThrow();
    await expect(check(subject(sound()))).resolves.toBeUndefined();
  });

  it('knows the engines that do not listen', () => {
    const { listen: _, ...deaf } = sound();
    const call = () =>
      listen(deaf, (async function* () {})(), {} as ListenOptions, new AbortController().signal);
    expect(call).toThrow(EngineError);
  });
});
