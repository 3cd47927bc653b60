import { sleep } from '../../base/abort.ts';
import type { Item } from '../../transcripts/item.ts';
import { abortable } from '../abortable.ts';
import { fillGaps, type Place } from '../alignment/fill-gaps.ts';
import { measure } from '../alignment/measure.ts';
import { type Audio, type Engine, EngineError, type RecognizeOptions } from '../engine.ts';
import { listenToScript } from './listen.ts';
import { Player } from './player.ts';
import { CAPABILITIES, counting, type Script } from './script.ts';

/** A deterministic engine for tests and benches: it says what its script holds while it listens. */
export function createScripted(script?: Script): Engine {
  let closed = false;
  const check = ({ language }: Pick<RecognizeOptions, 'language'>): void => {
    if (closed) throw new EngineError('the engine is closed', { retryable: false });
    if (language !== 'en') throw new EngineError(`no script for language ${language}`, { retryable: false });
  };
  return {
    name: 'scripted',
    version: 'scripted-1',
    capabilities: CAPABILITIES,
    async *recognizeFile(audio, options, signal) {
      check(options);
      yield* perform(script ?? counting(), abortable(audio, signal), signal);
    },
    async *alignText({ openAudio, words }, options, signal) {
      check(options);
      const measured = measure(abortable(openAudio(), signal));
      const places: Place[] = [];
      for await (const item of perform(script ?? counting(), measured.audio, signal)) {
        const { type, startSeconds, endSeconds, confidence } = item;
        if (type === 'word') places.push({ startSeconds, endSeconds, confidence });
      }
      // It takes each word for the one its script holds there.
      yield* fillGaps(words, places, measured.seconds);
    },
    async *listen(audio, options, signal) {
      check(options);
      yield* listenToScript(script ?? counting(), audio, options, signal);
    },
    async close() {
      closed = true;
    },
  };
}

async function* perform(script: Script, audio: Audio, signal: AbortSignal): AsyncGenerator<Item> {
  const player = new Player(script);
  for await (const chunk of audio) {
    for (const { item, delayMs } of player.push(chunk)) {
      if (delayMs) await sleep(delayMs, signal);
      signal.throwIfAborted();
      yield item;
    }
  }
}
