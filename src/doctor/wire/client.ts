import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, isFinal } from './answer.ts';
import { type Endpoint, type Exchange, type ExchangeOptions, exchange } from './exchange.ts';

export type Header = readonly [name: string, value: string];

export interface Request {
  readonly method?: string;
  /** Sent as bearer token. */
  readonly key?: string | undefined;
  readonly headers?: readonly Header[];
  readonly body?: string | Uint8Array;
}

/** Speaks to one endpoint, at a pace that a server's default rates allow. */
export interface Client {
  /** The final answer. Told to wait (429), it waits and asks again. Throws when there is no answer. */
  ask(path: string, request?: Request): Promise<Answer>;
  /** The bytes of a request; `Host` and `Connection: close` unless they are given. */
  write(path: string, request?: Request): Buffer;
  /** Sends bytes once, whatever the answer. */
  exchange(request: string | Uint8Array, options?: ExchangeOptions): Promise<Exchange>;
}

export const bearer = (key: string): Header => ['Authorization', `Bearer ${key}`];
export const JSON_TYPE: Header = ['Content-Type', 'application/json'];

/** A hundred requests a second: what one address may get wrong, and twice what one key may read. */
const INTERVAL_MS = 10;
const MOST_ATTEMPTS = 10;

export function createClient(endpoint: Endpoint): Client {
  let nextAtMs = 0;

  async function paced(request: string | Uint8Array, options?: ExchangeOptions): Promise<Exchange> {
    const nowMs = performance.now();
    nextAtMs = Math.max(nextAtMs + INTERVAL_MS, nowMs);
    if (nextAtMs > nowMs) await sleep(nextAtMs - nowMs);
    return exchange(endpoint, request, options);
  }

  const write = (path: string, { method = 'GET', key, headers = [], body }: Request = {}): Buffer => {
    const bytes = body === undefined ? undefined : Buffer.from(body as string);
    const given = key === undefined ? headers : [bearer(key), ...headers];
    const has = (wanted: string) => given.some(([name]) => name.toLowerCase() === wanted);
    const all: readonly Header[] = [
      ...(has('host') ? [] : [['Host', endpoint.host] as const]),
      ...(has('connection') ? [] : [['Connection', 'close'] as const]),
      ...(bytes && !has('content-length') && !has('transfer-encoding')
        ? [['Content-Length', String(bytes.length)] as const]
        : []),
      ...given,
    ];
    const prefix = endpoint.url.pathname.replace(/\/$/, '');
    const target = path.startsWith('/') ? prefix + path : path;
    const head = `${method} ${target} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
    return Buffer.concat([Buffer.from(head, 'latin1'), bytes ?? Buffer.alloc(0)]);
  };

  async function ask(path: string, request: Request = {}): Promise<Answer> {
    const bytes = write(path, request);
    for (let attempt = 1; ; attempt += 1) {
      const { answers, isEnded } = await paced(bytes, { isHead: request.method === 'HEAD' });
      const answer = answers.find(isFinal);
      if (!answer) throw new Error(`the connection ${isEnded ? 'ended' : 'stayed open'} without an answer`);
      if (answer.status !== 429 || attempt === MOST_ATTEMPTS) return answer;
      await sleep(1_000 * Math.min(10, Number(answer.headers.get('retry-after')) || 1));
    }
  }

  return { ask, write, exchange: paced };
}
