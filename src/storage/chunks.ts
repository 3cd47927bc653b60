import { Readable } from 'node:stream';
import type { BlobContent } from './blob-store.ts';

/**
 * The chunks of `content`, pulled one at a time. Rejects with the signal's reason as soon as it aborts, even
 * while the source stalls. However it ends, the source is ended too.
 */
export async function* chunksOf(content: BlobContent, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  if (content instanceof Uint8Array) {
    yield content;
    return;
  }
  const iterator = content[Symbol.asyncIterator]();
  let finished = false;
  try {
    while (true) {
      const next = await nextOrAbort(iterator, signal);
      finished = next.done === true;
      if (next.done) return;
      if (!(next.value instanceof Uint8Array)) throw new TypeError('Blob content must be bytes');
      yield next.value;
    }
  } finally {
    if (!finished) endSource(content, iterator);
  }
}

function nextOrAbort<T>(iterator: AsyncIterator<T>, signal?: AbortSignal): Promise<IteratorResult<T>> {
  if (!signal) return iterator.next();
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Not awaited: a generator that waits for its own source answers `return` only when that source moves. */
function endSource(content: AsyncIterable<Uint8Array>, iterator: AsyncIterator<Uint8Array>): void {
  if (content instanceof Readable) content.destroy();
  else iterator.return?.().catch(() => undefined);
}
