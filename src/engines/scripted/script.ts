import type { Item } from '../../transcripts/item.ts';
import type { Capabilities } from '../engine.ts';

export const CAPABILITIES: Capabilities = { languages: ['en'], alignment: true, live: true };

/**
 * What the scripted engine does, in time order. An item is said once the audio has been heard to its end,
 * after `delayMs` more; it is left out if there was no sound since the step before. A failure makes the call
 * throw `EngineError`; a crash kills and a hang blocks the whole process, for use behind a host only. These
 * wait until the audio has been heard to `atSeconds`.
 */
export type ScriptStep =
  | { readonly item: Item; readonly delayMs?: number }
  | {
      readonly atSeconds: number;
      readonly failure: { readonly message: string; readonly retryable: boolean };
    }
  | { readonly atSeconds: number; readonly crash: true }
  | { readonly atSeconds: number; readonly hang: true };

export type Script = Iterable<ScriptStep>;

const NUMBERS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** The script used when none is given: counts to ten over and over, two words a second, without end. */
export function* counting(): Generator<ScriptStep> {
  for (let index = 0; ; index += 1) {
    const startSeconds = index * 0.5;
    const endSeconds = startSeconds + 0.4;
    const content = NUMBERS[index % NUMBERS.length] ?? '';
    yield { item: { type: 'word', content, startSeconds, endSeconds, confidence: 1 } };
    if (index % NUMBERS.length === NUMBERS.length - 1) yield { item: fullStop(endSeconds) };
  }
}

/** A full stop at a place. */
function fullStop(atSeconds: number): Item {
  return {
    type: 'punctuation',
    content: '.',
    startSeconds: atSeconds,
    endSeconds: atSeconds,
    confidence: 1,
    isEndOfSentence: true,
  };
}

/** Gives words 0.3 s each, 0.4 s apart, and a full stop after the last. */
export function sayWords(...words: readonly string[]): ScriptStep[] {
  const items = words.map((content, index): Item => {
    const startSeconds = 0.1 + index * 0.4;
    return { type: 'word', content, startSeconds, endSeconds: startSeconds + 0.3, confidence: 0.9 };
  });
  return [...items, fullStop(items.at(-1)?.endSeconds ?? 0)].map((item) => ({ item }));
}
