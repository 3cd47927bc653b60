import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { newRequestId } from '../../base/ids.ts';
import { AppError } from '../../errors/app-error.ts';
import { errorBody, STATUS } from '../reply-error.ts';
import { limitUnheard } from './unheard.ts';
import { answerAndLinger } from './unread-body.ts';

/** Longer than the longest wait a client may ask for. */
const IDLE_MS = 120_000;
const HEADERS_MS = 5_000;
const TLS_HANDSHAKE_MS = 10_000;

/** What a server can be told only when it is made. */
export const SERVER_OPTIONS = {
  requireHostHeader: false,
  /** Node looks for heads that take too long only so often; by default every 30 s. */
  connectionsCheckingInterval: 1_000,
};
export const TLS_SERVER_OPTIONS = { ...SERVER_OPTIONS, handshakeTimeout: TLS_HANDSHAKE_MS };

/** Sets one Node server up like every other: limits, what clients may expect, answers to what is not HTTP. */
export function harden(
  server: Server,
  route: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  server.headersTimeout = HEADERS_MS;
  // An upload may take as long as it takes; a connection on which nothing moves is ended.
  server.requestTimeout = 0;
  server.timeout = IDLE_MS;
  // `Expect: 100-continue` is answered by `allowBody`, once the guards have let the request through.
  server.on('checkContinue', route);
  server.on('checkExpectation', route);
  answerNonsense(server);
  limitUnheard(server);
  return server;
}

function answerNonsense(server: Server): void {
  const answered = new WeakMap<Socket, () => void>();
  server.removeAllListeners('clientError');
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const discard = answered.get(socket);
    if (discard) discard();
    else if (socket.writable) answered.set(socket, answerAndLinger(socket, rawError(codeOf(error))));
    else socket.destroy();
  });
}

/** Resolves once the server listens; rejects when it cannot. */
export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Answers a request to become a WebSocket that lacks what one needs (RFC 6455 section 4.2.2). */
export function refuseHandshake(socket: Duplex): void {
  const answer = rawError('malformed_request', ['Sec-WebSocket-Version: 13']);
  answerAndLinger(socket as Socket, answer);
}

const codeOf = ({ code }: NodeJS.ErrnoException) =>
  code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'malformed_request';

/** An answer to bytes that are not HTTP. */
function rawError(code: ReturnType<typeof codeOf>, headers: readonly string[] = []): string {
  const known = new AppError(code, { detail: 'the request could not be parsed' });
  const phrase = code === 'malformed_request' ? 'Bad Request' : 'Request Header Fields Too Large';
  const body = JSON.stringify(errorBody(known, ''));
  const head = [
    `HTTP/1.1 ${STATUS[known.category]} ${phrase}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Request-Id: ${newRequestId()}`,
    'Connection: close',
    ...headers,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
