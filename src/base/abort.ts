import { setTimeout as delay } from 'node:timers/promises';

/** Sleeps; returns early, without throwing, once the signal is aborted. */
export async function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  await delay(durationMs, undefined, signal ? { signal } : {}).catch((error: unknown) => {
    if (!signal?.aborted) throw error;
  });
}
