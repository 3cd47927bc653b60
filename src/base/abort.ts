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

/** Aborts when the time is up, when one of the others does, or when it is ended, as it must be. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Gives it its whole time again. */
  restart(): void;
  end(): void;
}

/**
 * `AbortSignal.timeout` inside `AbortSignal.any` may be collected before its time, and then never aborts (Node issue
 * 57736); a timer holds on to what it aborts.
 */
export function deadline(durationMs: number, ...others: readonly AbortSignal[]): Deadline {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new DOMException('the time is up', 'TimeoutError')), durationMs);
  const follow = (event: Event) => over.abort((event.target as AbortSignal).reason);
  for (const other of others) {
    if (other.aborted) over.abort(other.reason);
    else other.addEventListener('abort', follow, { once: true });
  }
  return {
    signal: over.signal,
    restart: () => void timer.refresh(),
    end() {
      clearTimeout(timer);
      for (const other of others) other.removeEventListener('abort', follow);
      over.abort();
    },
  };
}
