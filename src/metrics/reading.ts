import { waitAtMost } from '../base/abort.ts';

const FRESH_MS = 3_000;
/** A database that is slow or away keeps no scrape waiting: one gives up after 10 s by default. */
const LIMIT_MS = 1_000;

/**
 * A figure that costs something to read: however often it is asked for, it is read every few seconds at most, and once
 * at a time. `undefined` when it cannot be read in time.
 */
export function createReading<T>(read: () => Promise<T>): () => Promise<T | undefined> {
  let held: { readonly value: T; readonly atMs: number } | undefined;
  let reading: Promise<void> | undefined;

  async function renew(): Promise<void> {
    try {
      held = { value: await read(), atMs: performance.now() };
    } catch {
      held = undefined;
    } finally {
      reading = undefined;
    }
  }

  const fresh = () => (held && performance.now() - held.atMs < FRESH_MS ? held : undefined);

  return async () => {
    if (!fresh()) {
      reading ??= renew();
      await waitAtMost(LIMIT_MS, reading);
    }
    return fresh()?.value;
  };
}
