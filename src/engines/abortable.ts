/** Waits for a promise, but throws the signal's reason as soon as it is aborted. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Passes an iterable on, but throws the signal's reason as soon as it is aborted, even while the next value
 * is still awaited. The source is told to stop in every case; its answer is not waited for after an abort.
 */
export async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  signal.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await untilAborted(iterator.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await stop(iterator, signal);
  }
}

/** Tells an iterator that no more values are wanted; waits for its clean-up unless the signal is aborted. */
async function stop(iterator: AsyncIterator<unknown>, signal: AbortSignal): Promise<void> {
  const stopped = iterator.return?.();
  if (signal.aborted) stopped?.catch(() => {});
  else await stopped;
}
