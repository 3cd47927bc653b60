/** The TCP or TLS connection below a WebSocket. */
export interface Transport {
  prependListener(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
}

interface Sender {
  on(event: 'message' | 'close', listener: () => void): void;
  terminate(): void;
}

const MAX_BYTES = 128 * 2 ** 20;

/** Counts what was sent of messages that are not complete. */
export interface Unfinished {
  watch(sender: Sender, transport: Transport): void;
}

/**
 * A message that is not complete is kept, and who has a key may begin one on each of many connections. So there is a limit
 * for all together; beyond it who holds most is cut off.
 */
export function createUnfinished(maxBytes = MAX_BYTES): Unfinished {
  const held = new Map<Sender, number>();
  let totalBytes = 0;

  const forget = (sender: Sender): void => {
    totalBytes -= held.get(sender) ?? 0;
    held.delete(sender);
  };

  function cutLargest(): void {
    const [largest] = [...held].reduce((most, one) => (one[1] > most[1] ? one : most));
    forget(largest);
    largest.terminate();
  }

  return {
    watch(sender, transport) {
      // Before the library reads it: a message that it completes comes after.
      transport.prependListener('data', ({ length }) => {
        held.set(sender, (held.get(sender) ?? 0) + length);
        totalBytes += length;
        if (totalBytes > maxBytes) cutLargest();
      });
      sender.on('message', () => forget(sender));
      sender.on('close', () => forget(sender));
    },
  };
}
