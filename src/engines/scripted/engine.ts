import { sleep } from '../../base/abort.ts';
import type { Item } from '../../transcripts/item.ts';
import { abortable } from '../abortable.ts';
import { fillGaps, type Place } from '../alignment/fill-gaps.ts';
import { measure } from '../alignment/measure.ts';
import { type Audio, type Engine, EngineError, type RecognizeOptions } from '../engine.ts';
import { SampleReader } from './sample-reader.ts';
import { counting, type Script, type ScriptStep } from './script.ts';

const SAMPLE_RATE = 16_000;

/** A deterministic engine for tests and benches: it says what its script holds while it listens. */
export function createScripted(script?: Script): Engine {
  let closed = false;
  const check = ({ language }: RecognizeOptions): void => {
    if (closed) throw new EngineError('the engine is closed', { retryable: false });
    if (language !== 'en') throw new EngineError(`no script for language ${language}`, { retryable: false });
  };
  return {
    name: 'scripted',
    version: 'scripted-1',
    capabilities: { languages: ['en'], alignment: true },
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
    async close() {
      closed = true;
    },
  };
}

async function* perform(script: Script, audio: Audio, signal: AbortSignal): AsyncGenerator<Item> {
  const reader = new SampleReader(audio);
  let audible = false;
  try {
    for (const step of script) {
      const heard = await reader.readTo(Math.round(secondsOf(step) * SAMPLE_RATE));
      if (!heard.reached) return;
      // A mark reads nothing: it shares the fate of its word.
      audible = heard.audible || (audible && 'item' in step && step.item.type === 'punctuation');
      if ('failure' in step) throw new EngineError(step.failure.message, step.failure);
      if ('crash' in step) process.kill(process.pid, 'SIGKILL');
      if ('hang' in step) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      if (!('item' in step) || !audible) continue;
      if (step.delayMs) await sleep(step.delayMs, signal);
      signal.throwIfAborted();
      yield step.item;
    }
    await reader.readTo(Number.POSITIVE_INFINITY);
  } finally {
    await reader.stop();
  }
}

function secondsOf(step: ScriptStep): number {
  return 'item' in step ? step.item.endSeconds : step.atSeconds;
}
