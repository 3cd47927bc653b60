import type { LookupFunction } from 'node:net';
import { isIPv6 } from 'node:net';
import type { Readable } from 'node:stream';
import { Agent, buildConnector, request } from 'undici';
import { type Deadline, deadline } from '../base/abort.ts';
import { createDestinations, type Destinations, type Resolve, systemResolve } from './destination.ts';
import type { Header } from './headers.ts';
import { OutboundError, OutboundStatus, unreachable } from './outbound-error.ts';

export interface Limits {
  /** Of the whole exchange, redirects included. */
  readonly totalMs: number;
  /** Until the head of an answer is there, and between two pieces of its body. */
  readonly idleMs: number;
}

export interface Body {
  /** Absent for an empty body. */
  readonly contentType?: string;
  readonly sizeBytes: number;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * HTTP requests to addresses that callers name. Every connection is made to an address that was judged at that moment
 * (`destination.ts`): what a name means later does not matter. No proxy, no cookies, no kept connections.
 */
export interface Outbound {
  /** Throws `OutboundError` for a URL that will never be reached. */
  check(url: string): URL;
  /**
   * The body of a 2xx answer to a GET, as it arrives. Follows redirects, each judged anew; the headers given go to the
   * first origin only. Throws `OutboundError`, or the signal's reason.
   * @param maxBytes of the body
   */
  download(
    from: { readonly url: string; readonly headers: readonly Header[]; readonly maxBytes: number },
    limits: Limits,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array>;
  /** Sends a body. Resolves for a 2xx answer; any other, redirects too, is an `OutboundStatus`. */
  send(
    to: {
      readonly url: string;
      readonly method: 'POST' | 'PUT';
      readonly headers: readonly Header[];
      readonly body: Body;
    },
    limits: Limits,
    signal: AbortSignal,
  ): Promise<void>;
  close(): Promise<void>;
}

interface Options {
  /** Host names, addresses and CIDR ranges that may be reached although they are not public. */
  readonly allow: readonly string[];
  readonly resolve?: Resolve;
}

/** What the service that is compatible with this one calls itself. */
const USER_AGENT = 'Speechmatics-API/2.0';
const MAX_REDIRECTS = 5;
const MAX_HEAD_BYTES = 32_768;
const CONNECT_LIMIT_MS = 10_000;
/** An answer whose body nobody wants is read as far as this, so that its sender sees no broken connection. */
const MAX_IGNORED_BYTES = 65_536;

export function createOutbound({ allow, resolve = systemResolve }: Options): Outbound {
  const destinations = createDestinations(allow, resolve);
  // undici 7.26 and later end the process when a host ends the connection while its answer is read slowly
  // (nodejs/undici#5360). It is mended in 8, which needs Node 22; the lock file keeps 7.25 until then.
  const agent = new Agent({
    connect: guardedConnector(destinations),
    maxHeaderSize: MAX_HEAD_BYTES,
    pipelining: 0,
    allowH2: false,
  });

  async function ask(url: URL, options: AskOptions, limits: Limits, over: Deadline) {
    const { method, headers, body } = options;
    try {
      return await request(url, {
        dispatcher: agent,
        method,
        headers: [
          ...['user-agent', USER_AGENT],
          ...headers.flatMap(({ name, value }) => [name, value]),
          ...(body ? bodyHeaders(body) : []),
        ],
        ...(body && { body: body.content as Readable }),
        signal: over.signal,
        headersTimeout: limits.idleMs,
        bodyTimeout: limits.idleMs,
        reset: true,
      });
    } catch (error) {
      throw faultOf(error, over);
    }
  }

  return {
    check: destinations.check,
    async *download({ url: text, headers, maxBytes }, limits, signal) {
      let url = destinations.check(text);
      let sent = headers;
      const over = deadline(limits.totalMs, signal);
      try {
        for (let hops = 0; ; hops += 1) {
          const answer = await ask(url, { method: 'GET', headers: sent }, limits, over);
          const location = redirectOf(answer);
          if (location === undefined) {
            yield* contentOf(answer, maxBytes, over);
            return;
          }
          answer.body.on('error', () => {}).destroy();
          if (hops === MAX_REDIRECTS) throw new OutboundError(`more than ${MAX_REDIRECTS} redirects`);
          const next = destinations.check(location, url);
          if (next.origin !== url.origin) sent = [];
          url = next;
        }
      } finally {
        over.end();
      }
    },
    async send({ url, ...options }, limits, signal) {
      const target = destinations.check(url);
      const over = deadline(limits.totalMs, signal);
      try {
        const answer = await ask(target, options, limits, over);
        await answer.body.dump({ limit: MAX_IGNORED_BYTES, signal: over.signal }).catch(() => {});
        if (!isSuccess(answer)) throw new OutboundStatus(answer.statusCode);
      } finally {
        over.end();
      }
    },
    close: () => agent.destroy(),
  };
}

interface AskOptions {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly headers: readonly Header[];
  readonly body?: Body;
}

type Answer = Awaited<ReturnType<typeof request>>;

/** Resolves and judges the host for each connection, and lets the connection go nowhere else. */
function guardedConnector(destinations: Destinations): buildConnector.connector {
  return (options, callback) => {
    destinations.addressesOf(options.hostname).then(
      (addresses) => {
        const connect = buildConnector({
          timeout: CONNECT_LIMIT_MS,
          maxCachedSessions: 0,
          autoSelectFamily: true,
          lookup: pinnedTo(addresses),
        });
        connect(options, callback);
      },
      (error: Error) => callback(error, null),
    );
  };
}

function pinnedTo(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_hostName, { all: wantsAll }, callback) => {
    const [first = { address: '', family: 4 }] = all;
    if (wantsAll) callback(null, all);
    else callback(null, first.address, first.family);
  };
}

const bodyHeaders = ({ contentType, sizeBytes }: Body): string[] => [
  ...(contentType === undefined ? [] : ['content-type', contentType]),
  ...['content-length', String(sizeBytes)],
];

const isSuccess = ({ statusCode }: Answer): boolean => statusCode >= 200 && statusCode < 300;

function redirectOf({ statusCode, headers: { location } }: Answer): string | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  return typeof location === 'string' ? location : undefined;
}

async function* contentOf(answer: Answer, maxBytes: number, over: Deadline): AsyncGenerator<Uint8Array> {
  const { body, headers } = answer;
  let bytes = 0;
  try {
    if (!isSuccess(answer)) throw new OutboundStatus(answer.statusCode);
    if (Number(headers['content-length']) > maxBytes) throw tooLarge(maxBytes);
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof OutboundError ? error : faultOf(error, over, 'the answer was cut off');
  } finally {
    body.on('error', () => {}).destroy();
  }
}

const tooLarge = (maxBytes: number): OutboundError =>
  new OutboundError(`it is larger than ${maxBytes} bytes`);

const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT']);

/** What is told of a failure: too slow, or not reachable, and no more. The caller's own abort stays what it is. */
function faultOf(error: unknown, over: Deadline, otherwise?: string): unknown {
  if (error instanceof OutboundError) return error;
  const { code = '', name } = over.signal.aborted ? over.signal.reason : (error as NodeJS.ErrnoException);
  if (name === 'TimeoutError' || TIMEOUTS.has(code)) {
    return new OutboundError('it took too long', { cause: error });
  }
  if (over.signal.aborted) return over.signal.reason;
  return otherwise === undefined ? unreachable(error) : new OutboundError(otherwise, { cause: error });
}
