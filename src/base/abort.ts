import { setTimeout as delay } from 'node:timers/promises';

/** Sleeps; returns early, without throwing, once the signal is aborted. */
export async function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  await delay(durationMs, undefined, signal ? { signal } : {}).catch((error: unknown) => {
    if (!signal?.aborted) throw error;
  });
}

/** Waits for the promise, but no longer than this; leaves no timer behind. */
export async function waitAtMost(durationMs: number, promise: Promise<unknown>): Promise<void> {
  const settled = new AbortController();
  await Promise.race([promise, sleep(durationMs, settled.signal)]).finally(() => settled.abort());
}
