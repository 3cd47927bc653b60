import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Answer, isFinal, readAnswers } from './answer.ts';

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
  /** What came after `101 Switching Protocols`. */
  readonly said: Buffer;
}

export interface ExchangeOptions {
  readonly limitMs?: number;
  /** Until the server ends the connection; otherwise until the first final answer. */
  readonly untilEnd?: boolean;
  readonly isHead?: boolean;
  /** Sent once the connection is a WebSocket; it then goes on until `isEnough` of what came after. */
  readonly speech?: { readonly bytes: Uint8Array; isEnough(said: Buffer): boolean };
}

/** Sends bytes as they are (text as Latin-1), as no HTTP client would, and collects what comes back. */
export function exchange(
  endpoint: Endpoint,
  request: string | Uint8Array,
  { limitMs = 15_000, untilEnd = false, isHead = false, speech }: ExchangeOptions = {},
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const socket = openSocket(endpoint);
    let received = Buffer.alloc(0);
    let failure: Error | undefined;
    const finish = (isEnded: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      if (failure && received.length === 0 && !hasSent) reject(failure);
      else
        resolve({
          answers: readAnswers(received, { isHead, isEnded }),
          isEnded,
          said: afterUpgrade(received),
        });
    };
    let hasSent = false;
    let hasSpoken = false;
    const timer = setTimeout(() => finish(false), limitMs);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const answer = readAnswers(received, { isHead }).find(isFinal);
      if (!answer || untilEnd) return;
      if (answer.status !== 101 || !speech) finish(false);
      else {
        if (!hasSpoken) socket.write(speech.bytes);
        hasSpoken = true;
        if (speech.isEnough(afterUpgrade(received))) finish(false);
      }
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

function afterUpgrade(received: Buffer): Buffer {
  const isUpgraded = received.toString('latin1', 0, 12) === 'HTTP/1.1 101';
  return received.subarray(isUpgraded ? received.indexOf('\r\n\r\n') + 4 : received.length);
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
