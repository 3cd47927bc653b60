import type { Engine } from '../engine.ts';

/** What the rules of the engine contract are checked on. */

export const SAMPLE_RATE = 16_000;
export const PROMPTLY_MS = 5_000;
export const NEVER = new AbortController().signal;

export interface Speech {
  /** At most 15 s, 16 kHz mono in [-1, 1]. */
  readonly samples: Float32Array;
  /** Words spoken, lower case, each once. */
  readonly words: readonly string[];
}

export interface Subject {
  readonly engine: Engine;
  /** Makes another engine of the same kind, for the check that closes it. */
  readonly start: () => Promise<Engine>;
  readonly speech: Speech;
}

/** Throws when the engine breaks the rule. */
export type Check = (subject: Subject) => Promise<void>;

/** All that is left. */
export async function drain<T>(items: AsyncIterator<T>): Promise<T[]> {
  const all: T[] = [];
  for (let next = await items.next(); !next.done; next = await items.next()) all.push(next.value);
  return all;
}

/** Rejects when the promise is not settled in time. */
export async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not settled within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
