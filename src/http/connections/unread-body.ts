import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

const MAX_DISCARDED_BYTES = 1_000_000;
const MAX_LINGER_MS = 1_000;

/**
 * For an answer that is given before its request has arrived whole. A connection that is closed with unread bytes is
 * reset, and the client may never see the answer; so what still comes is read for a moment, our side is closed after
 * the answer, and the connection ends a second later at the latest. Call it before the answer is sent; returns whether
 * the answer must say `Connection: close`.
 */
export function lingerOnUnreadBody(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const { socket } = request;
  let bytes = 0;
  request.unpipe();
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_DISCARDED_BYTES) request.pause();
  });
  request.on('error', () => {});
  request.resume();
  // Node would destroy the socket as soon as the answer is written.
  socket.destroySoon = () => socket.end();
  destroyLater(socket);
  return true;
}

/**
 * Answers bytes that are not HTTP, and ends the connection in the same way. Node complains of each chunk that still comes
 * (`clientError`): call what is returned for each of them.
 */
export function answerAndLinger(socket: Socket, answer: string): () => void {
  const readBefore = socket.bytesRead;
  socket.end(answer);
  destroyLater(socket);
  return () => {
    if (socket.bytesRead - readBefore > MAX_DISCARDED_BYTES) socket.destroy();
  };
}

function destroyLater(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), MAX_LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
