import { WebSocket } from 'ws';
import { newRequestId } from '../../base/ids.ts';
import { closedEarly, connectionFailed, refusedWith } from './failures.ts';
import { readMessage, type UpstreamMessage } from './messages.ts';
import type { Upstream } from './upstream.ts';

/** Whom a connection reports to. */
export interface Listener {
  opened(): void;
  /** May throw: that is a failure too. */
  received(message: UpstreamMessage): void;
  /** The connection is of no use any more. */
  failed(error: unknown): void;
}

/** Proxies close what is quiet for a minute; the official clients ping as often. */
const PING_EVERY_MS = 20_000;
const MAX_MESSAGE_BYTES = 16 * 2 ** 20;

/** The WebSocket to an upstream. The library answers pings, and follows no redirects. */
export class Connection {
  private readonly socket: WebSocket;
  private readonly pinging: NodeJS.Timeout;

  constructor({ url, token, ca }: Upstream, listener: Listener) {
    this.socket = new WebSocket(url, {
      headers: headersOf(token),
      ...(ca !== undefined && { ca }),
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
    });
    this.pinging = setInterval(() => this.ping(), PING_EVERY_MS);
    this.socket.on('open', () => listener.opened());
    this.socket.on('message', (data) => {
      try {
        const message = readMessage(String(data));
        if (message) listener.received(message);
      } catch (error) {
        listener.failed(error);
      }
    });
    this.socket.on('unexpected-response', (_, { statusCode = 0 }) =>
      listener.failed(refusedWith(statusCode)),
    );
    this.socket.on('error', (error) => listener.failed(connectionFailed(error)));
    this.socket.on('close', (code) => {
      clearInterval(this.pinging);
      listener.failed(closedEarly(code));
    });
  }

  /** An object is sent as JSON, bytes are audio. */
  send(message: object | Buffer): void {
    // What cannot be sent is lost with the connection, which reports that itself.
    this.socket.send(Buffer.isBuffer(message) ? message : JSON.stringify(message), () => {});
  }

  /** Ends with the upstream's consent. */
  close(): void {
    this.socket.close(1000);
  }

  cut(): void {
    this.socket.terminate();
  }

  private ping(): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.ping();
  }
}

/** A container looks for the id of the request in the one header, a Kubernetes chart in the other. */
function headersOf(token: string | undefined): Record<string, string> {
  const id = newRequestId();
  return {
    'x-request-id': id,
    'request-id': id,
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
}
