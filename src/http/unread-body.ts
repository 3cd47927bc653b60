import type { IncomingMessage } from 'node:http';

const MAX_DISCARDED_BYTES = 1_000_000;
const MAX_DISCARD_MS = 1_000;

/**
 * For an answer that is given before its request has arrived whole: reads on for a moment, so that a client still
 * sending gets to see the answer, then ends the connection. Call it before the answer is sent.
 */
export function discardUnreadBody(request: IncomingMessage): void {
  if (request.complete) return;
  let bytes = 0;
  const end = () => request.socket.destroy();
  const timer = setTimeout(end, MAX_DISCARD_MS);
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_DISCARDED_BYTES) end();
  });
  request.on('error', () => {});
  request.once('close', () => clearTimeout(timer));
  request.resume();
}
