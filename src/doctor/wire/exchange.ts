import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Answer, readAnswers } from './answer.ts';

/** Where bytes go, and the `Host` they name. */
export interface Endpoint {
  readonly url: URL;
  readonly host: string;
}

export interface Exchange {
  /** Every answer on the connection, also `100 Continue`. */
  readonly answers: readonly Answer[];
  /** The server ended the connection. */
  readonly isEnded: boolean;
}

export interface ExchangeOptions {
  readonly limitMs?: number;
  /** Until the server ends the connection; otherwise until the first final answer. */
  readonly untilEnd?: boolean;
  readonly isHead?: boolean;
}

/** Sends bytes as they are (text as Latin-1), as no HTTP client would, and collects what comes back. */
export function exchange(
  endpoint: Endpoint,
  request: string | Uint8Array,
  { limitMs = 15_000, untilEnd = false, isHead = false }: ExchangeOptions = {},
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const socket = openSocket(endpoint);
    let received = Buffer.alloc(0);
    let failure: Error | undefined;
    const finish = (isEnded: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      if (failure && received.length === 0 && !hasSent) reject(failure);
      else resolve({ answers: readAnswers(received, { isHead, isEnded }), isEnded });
    };
    let hasSent = false;
    const timer = setTimeout(() => finish(false), limitMs);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const isAnswered = readAnswers(received, { isHead }).some(({ status }) => status >= 200);
      if (isAnswered && !untilEnd) finish(false);
    });
    // A reset is one way of ending; what came before it counts.
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => finish(true));
    socket.write(typeof request === 'string' ? Buffer.from(request, 'latin1') : request, () => {
      hasSent = true;
    });
  });
}

function openSocket({ url, host }: Endpoint): Socket {
  const address = url.hostname.replace(/^\[|\]$/g, '');
  const isTls = url.protocol === 'https:';
  const port = Number(url.port || (isTls ? 443 : 80));
  if (!isTls) return connect({ port, host: address });
  const name = host.replace(/:\d+$/, '');
  return connectTls({
    port,
    host: address,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(name) === 0 && { servername: name }),
  });
}
