import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { toFloats } from '../../src/audio/samples.ts';
import { EngineError, type LiveRequest, listen } from '../../src/engines/engine.ts';
import { createScripted } from '../../src/engines/scripted/engine.ts';
import type { Script } from '../../src/engines/scripted/script.ts';
import type { LiveConfig } from '../../src/realtime/protocol/session-config.ts';
import { SessionError, type SessionErrorType } from '../../src/realtime/protocol/session-error.ts';
import { Session } from '../../src/realtime/session/session.ts';

type Part = Float32Array | LiveRequest;

interface UpstreamOptions {
  readonly script?: Script;
  /** The only bearer token that is let in. */
  readonly token?: string;
  /** A certificate and its key, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** StartRecognition is never answered. */
  readonly neverStarts?: boolean;
  /** Every session is refused with an Error of this type. */
  readonly refusal?: SessionErrorType;
  /** Default: any that is free. */
  readonly port?: number;
}

export interface TestUpstream {
  readonly url: string;
  /** Of every handshake so far. */
  readonly headers: readonly IncomingHttpHeaders[];
  /** Every text frame so far. */
  readonly said: readonly { readonly message: string }[];
  /** Lengths of the binary frames so far, in bytes. */
  readonly audio: readonly number[];
  /** Connections that are open. */
  readonly sockets: ReadonlySet<WebSocket>;
  close(): Promise<void>;
}

/** The state machine of real-time sessions over WebSockets with the scripted engine: a server without its accounts. */
export async function startUpstream(options: UpstreamOptions = {}): Promise<TestUpstream> {
  const { token, tls } = options;
  const server: Server = tls ? createTlsServer(tls) : createServer();
  const sockets = new Set<WebSocket>();
  const upstream = {
    headers: [] as IncomingHttpHeaders[],
    said: [] as { message: string }[],
    audio: [] as number[],
  };
  const websockets = new WebSocketServer({
    server,
    perMessageDeflate: false,
    verifyClient: ({ req }: { req: { headers: IncomingHttpHeaders } }) => {
      upstream.headers.push(req.headers);
      return token === undefined || req.headers.authorization === `Bearer ${token}`;
    },
  });
  websockets.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) upstream.audio.push(data.length);
      else upstream.said.push(JSON.parse(String(data)));
    });
    if (options.neverStarts !== true) serve(socket, options);
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...upstream,
    url: `${tls ? 'wss://localhost' : 'ws://127.0.0.1'}:${port}/v2`,
    sockets,
    async close() {
      for (const socket of sockets) socket.terminate();
      websockets.close();
      server.close();
      await once(server, 'close');
    },
  };
}

/** One session. What it is told is heard in the order it came. */
function serve(socket: WebSocket, { script, refusal }: UpstreamOptions): void {
  const engine = createScripted(script);
  const leaving = new AbortController();
  const parts = createQueue<Part>();
  let language = '';
  const optionsOf = ({ maxDelaySeconds, hasPartials, silenceSeconds }: LiveConfig) => ({
    language,
    maxDelaySeconds,
    hasPartials,
    silenceSeconds,
  });
  const recognize = async (live: LiveConfig) => {
    for await (const update of listen(engine, parts.all(), optionsOf(live), leaving.signal)) {
      session.heard(0, update);
    }
    session.ended(0);
  };
  const failed = (error: unknown) => {
    if (leaving.signal.aborted) return;
    if (!(error instanceof EngineError)) throw error;
    session.fail(new SessionError('job_error', error.message));
  };
  const session = new Session(
    {
      send: (message) => socket.send(JSON.stringify(message)),
      start: ({ transcription, live }) => {
        if (refusal) {
          session.fail(new SessionError(refusal, 'refused'));
          return;
        }
        language = transcription.language;
        recognize(live).catch(failed);
        session.begin({ id: randomUUID(), orchestratorVersion: 'test', infos: [] }, 0);
      },
      audio: (_, bytes) => parts.push(toFloats(Buffer.from(bytes), 'pcm_s16le')),
      endAudio: () => parts.end(),
      request: (_, request) =>
        parts.push(
          request.type === 'change' ? { type: 'change', options: optionsOf(request.live) } : request,
        ),
      close: (code, reason) => socket.close(code, reason),
    },
    {
      offer: engine.capabilities,
      limits: { startSeconds: 60, idleSeconds: 3_600, sessionSeconds: 172_800 },
    },
    0,
  );
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) session.audio(data, 0);
    else session.text(String(data), 0);
  });
  socket.on('close', () => leaving.abort());
}

function createQueue<T>() {
  const waiting: T[] = [];
  let isEnded = false;
  let wake = () => {};
  return {
    push(one: T): void {
      waiting.push(one);
      wake();
    },
    end(): void {
      isEnded = true;
      wake();
    },
    async *all(): AsyncGenerator<T> {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else if (isEnded) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}
