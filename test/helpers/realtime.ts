import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientOptions, WebSocket } from 'ws';
import type { Address } from './api.ts';
import { spokenWords, wordErrors } from './word-error-rate.ts';

export type Message = { readonly message: string } & Readonly<Record<string, unknown>>;

export interface ConnectOptions {
  /** Sent as bearer token. */
  readonly key?: string;
  /** Temporary key in the URL, as pages send it. */
  readonly jwt?: string;
  /** Default `/v2`. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Habits of a WebSocket library. */
  readonly socket?: ClientOptions;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

const LIMIT_MS = 20_000;

export const ENGLISH_START = {
  message: 'StartRecognition',
  audio_format: { type: 'raw', encoding: 'pcm_s16le', sample_rate: 16_000 },
  transcription_config: { language: 'en' },
};

/** A client without any library of the protocol: keeps every message, in order. */
export class RealtimeClient {
  readonly messages: Message[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<Closed>;
  private onMessage: () => void = () => {};

  /** Resolves once the connection is open; rejects with the status of the answer when it is refused. */
  static async connect(server: Address, options: ConnectOptions = {}): Promise<RealtimeClient> {
    const client = new RealtimeClient(server, options);
    await once(client.socket, 'open');
    return client;
  }

  /** Connects, starts a session and waits until it is started. */
  static async start(
    server: Address,
    options: ConnectOptions,
    { config = {}, ...start }: { config?: object } & Record<string, unknown> = {},
  ): Promise<RealtimeClient> {
    const client = await RealtimeClient.connect(server, options);
    client.say({ ...ENGLISH_START, transcription_config: { language: 'en', ...config }, ...start });
    await client.next('RecognitionStarted');
    return client;
  }

  constructor(server: Address, { key, jwt, path = '/v2', headers, socket }: ConnectOptions) {
    const url = new URL(path, server.baseUrl.replace(/^http/, 'ws'));
    if (jwt !== undefined) url.searchParams.set('jwt', jwt);
    this.socket = new WebSocket(url, {
      ...socket,
      headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers },
    });
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) throw new Error('the server sent a binary frame');
      this.messages.push(JSON.parse(String(data)));
      this.onMessage();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.onMessage();
      });
    });
  }

  say(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  audio(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  /** Sends audio in pieces, at a multiple of real time; without one, as fast as it goes. */
  async stream(
    bytes: Uint8Array,
    {
      pieceBytes = 3_200,
      bytesPerSecond = 32_000,
      speed,
    }: { pieceBytes?: number; bytesPerSecond?: number; speed?: number } = {},
  ): Promise<void> {
    const startedMs = performance.now();
    let sentBytes = 0;
    for (const piece of inPieces(bytes, pieceBytes)) {
      if (speed !== undefined) {
        const dueMs = startedMs + (sentBytes / bytesPerSecond / speed) * 1_000;
        await sleep(Math.max(0, dueMs - performance.now()));
      }
      this.audio(piece);
      sentBytes += piece.length;
    }
  }

  /** The first message of this name, from the one numbered `from` on; waits for it. */
  async next(name: string, { from = 0, limitMs = LIMIT_MS } = {}): Promise<Message> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const found = this.messages.slice(from).find(({ message }) => message === name);
      if (found) return found;
      const isOver = this.socket.readyState === WebSocket.CLOSED;
      if (isOver || Date.now() > deadline) {
        const had = this.messages.slice(-5).map((one) => JSON.stringify(one).slice(0, 300));
        throw new Error(
          `no ${name} ${isOver ? 'before the end' : `within ${limitMs} ms`}; last: ${had.join('\n')}`,
        );
      }
      await Promise.race([
        new Promise<void>((resolve) => {
          this.onMessage = resolve;
        }),
        sleep(100),
      ]);
    }
  }

  of(name: string): Message[] {
    return this.messages.filter(({ message }) => message === name);
  }

  /** All final text, put together as clients do. */
  get text(): string {
    return textOf(
      this.of('AddTranscript').map(({ metadata }) => (metadata as { transcript: string }).transcript),
    );
  }

  /** Says that all was sent, and waits for the end. */
  async finish(limitMs = LIMIT_MS): Promise<void> {
    this.say({ message: 'EndOfStream', last_seq_no: this.of('AudioAdded').length });
    await this.next('EndOfTranscript', { limitMs });
  }

  close(): void {
    this.socket.close();
  }
}

/** How the server refuses an upgrade: the status and the body of its answer. */
export async function refusedUpgrade(
  server: Address,
  options: ConnectOptions,
): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  const { socket } = new RealtimeClient(server, options);
  socket.on('error', () => {});
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.terminate();
      reject(new Error('the upgrade was accepted'));
    });
    socket.once('unexpected-response', (request, response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text) => {
        body += text;
      });
      response.on('end', () => {
        request.destroy();
        resolve({ status: response.statusCode ?? 0, body, headers: response.headers });
      });
    });
  });
}

/** The texts of finals, put together. */
export const textOf = (transcripts: readonly string[]): string =>
  transcripts
    .join('')
    .replaceAll(/ ([.,?!])/g, '$1')
    .trim();

/** Share of what was said that was heard wrong. */
export function wordErrorRate(said: string, heard: string): number {
  const words = spokenWords(said);
  return wordErrors(words, spokenWords(heard)) / words.length;
}

export function inPieces(bytes: Uint8Array, pieceBytes: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  return pieces;
}

/** The samples of a 16-bit WAV file of 16 kHz, as `raw` audio is sent. */
export const samplesOfWav = (wav: Uint8Array): Uint8Array => wav.subarray(44);
