import { connect } from 'node:net';
import type { Address } from './api.ts';

/** One answer, read from a socket without an HTTP client that would refuse to send what attacks need. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawExchange {
  /** Every answer on the connection, also `100 Continue`. */
  readonly answers: readonly RawAnswer[];
  /** The server ended the connection. */
  readonly ended: boolean;
  readonly durationMs: number;
  readonly sentBytes: number;
}

interface RawOptions {
  readonly limitMs?: number;
  /** Stops at the first final answer; otherwise at the end of the connection or of the time. */
  readonly untilAnswered?: boolean;
  /** Sent after the request, chunk by chunk as fast as the socket takes them, until the connection ends. */
  readonly flood?: Uint8Array;
}

/** Request line and headers; `Host` and `Connection: close` unless they are given. */
export function requestHead(
  method: string,
  target: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
): string {
  const has = (wanted: string) => headers.some(([name]) => name.toLowerCase() === wanted);
  const all = [
    ...(has('host') ? [] : [['Host', '127.0.0.1'] as const]),
    ...(has('connection') ? [] : [['Connection', 'close'] as const]),
    ...headers,
  ];
  return `${method} ${target} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

export const bearer = (key: string): readonly [string, string] => ['Authorization', `Bearer ${key}`];

/** Sends bytes as they are (text as Latin-1) and collects what comes back. */
export function exchange(
  { baseUrl }: Address,
  request: string | Uint8Array,
  { limitMs = 5_000, untilAnswered = true, flood }: RawOptions = {},
): Promise<RawExchange> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1');
    let received = Buffer.alloc(0);
    let ended = false;
    const finish = () => {
      clearTimeout(timer);
      const sentBytes = socket.bytesWritten;
      socket.destroy();
      resolve({
        answers: readAnswers(received),
        ended,
        durationMs: performance.now() - startedMs,
        sentBytes,
      });
    };
    const timer = setTimeout(finish, limitMs);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (untilAnswered && readAnswers(received).some(({ status }) => status >= 200)) finish();
    });
    // A reset is one way of ending; what came before it counts.
    socket.on('error', () => {});
    socket.on('close', () => {
      ended = true;
      finish();
    });
    socket.write(typeof request === 'string' ? Buffer.from(request, 'latin1') : request);
    if (flood) {
      const pump = () => {
        while (!socket.destroyed && socket.write(flood));
      };
      socket.on('drain', pump);
      pump();
    }
  });
}

/** The first final answer. Throws when there is none. */
export async function rawAnswer(
  server: Address,
  request: string | Uint8Array,
  options: RawOptions = {},
): Promise<RawAnswer> {
  const { answers, ended } = await exchange(server, request, options);
  const answer = answers.find(({ status }) => status >= 200);
  if (!answer) throw new Error(`the connection ${ended ? 'ended' : 'stayed open'} without an answer`);
  return answer;
}

function readAnswers(bytes: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let at = 0; ; ) {
    const headEnd = bytes.indexOf('\r\n\r\n', at);
    if (headEnd < 0) return answers;
    const [statusLine = '', ...lines] = bytes.toString('latin1', at, headEnd).split('\r\n');
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const bodyEnd = headEnd + 4 + Number(headers.get('content-length') ?? 0);
    if (bodyEnd > bytes.length) return answers;
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
    answers.push({ status, headers, body: bytes.toString('utf8', headEnd + 4, bodyEnd) });
    at = bodyEnd;
  }
}
