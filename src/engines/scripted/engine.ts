import { sleep } from '../../base/abort.ts';
import type { Item } from '../../transcripts/item.ts';
import { abortable } from '../abortable.ts';
import { type Audio, type Engine, EngineError } from '../engine.ts';
import { SampleReader } from './sample-reader.ts';
import { counting, type Script, type ScriptStep } from './script.ts';

const SAMPLE_RATE = 16_000;

/** A deterministic engine for tests and benches: it says what its script holds while it listens. */
export function createScripted(script?: Script): Engine {
  let closed = false;
  return {
    name: 'scripted',
    version: 'scripted-1',
    capabilities: { languages: ['en'] },
    async *recognizeFile(audio, { language }, signal) {
      if (closed) throw new EngineError('the engine is closed', { retryable: false });
      if (language !== 'en')
        throw new EngineError(`no script for language ${language}`, { retryable: false });
      yield* perform(script ?? counting(), abortable(audio, signal), signal);
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
