import type { IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { shown } from '../../terminal/report.ts';
import { refused } from '../client-error.ts';
import { foreign, refusal, unreachable } from '../refusal.ts';
import type { Target } from '../target.ts';

/** A message of the protocol; `text` is how it came. */
export interface Message {
  readonly message: string;
  readonly [member: string]: unknown;
}

export interface Session {
  /** Sends a piece of audio once the server has taken enough of what was sent before. */
  send(audio: Uint8Array): Promise<void>;
  /** Says that there is no more audio. */
  finish(): void;
  /** Ends the connection, whatever is under way. */
  close(): void;
  /** Resolves with EndOfTranscript; rejects with a `ClientError` when the session ends in another way. */
  readonly over: Promise<void>;
}

type OnMessage = (message: Message, text: string) => void;

/** What may be under way without having been confirmed. */
const MAX_UNCONFIRMED_BYTES = 1_048_576;
const HANDSHAKE_LIMIT_MS = 30_000;
/** Servers end sessions from which they hear nothing; a connection that is dead answers no ping. */
const PING_EVERY_MS = 20_000;
const MAX_UNANSWERED_PINGS = 3;
const CLOSE_LIMIT_MS = 1_000;

/**
 * Opens a session and resolves when recognition has started. Throws `ClientError`, or the reason of the signal, which
 * is about the start alone.
 */
export async function startSession(
  target: Target,
  start: object,
  onMessage: OnMessage,
  signal: AbortSignal,
): Promise<Session> {
  signal.throwIfAborted();
  const socket = new WebSocket(target.url.href.replace(/^http/, 'ws'), {
    headers: target.key === undefined ? {} : { authorization: `Bearer ${target.key}` },
    handshakeTimeout: HANDSHAKE_LIMIT_MS,
    perMessageDeflate: false,
  });
  // Heard from the beginning, because a server may speak as soon as it has accepted the connection.
  const session = converse(socket, target, onMessage);
  const giveUp = () => socket.terminate();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await opened(socket, target);
    socket.send(JSON.stringify({ message: 'StartRecognition', ...start }));
    await Promise.race([session.started, session.over]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  return session;
}

function opened(socket: WebSocket, target: Target): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      keepAlive(socket);
      resolve();
    });
    socket.once('unexpected-response', (_, response: IncomingMessage) => {
      const answered = (text: string) => reject(refusal(target, response.statusCode ?? 0, text));
      textOf(response)
        .then(answered, () => answered(''))
        .finally(() => socket.terminate());
    });
    // Stays, because ws reports faults of an open connection here too; its end says the rest.
    socket.on('error', (error) => reject(unreachable(target.url, error)));
  });
}

interface Conversation extends Session {
  readonly started: Promise<void>;
}

function converse(socket: WebSocket, target: Target, onMessage: OnMessage): Conversation {
  const underWay = createWindow();
  let sentPieces = 0;
  let start = () => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  const over = new Promise<void>((resolve, reject) => {
    socket.on('message', (data) => {
      const text = String(data);
      const message = parse(text);
      if (!message) return reject(foreign(target));
      onMessage(message, text);
      if (message.message === 'RecognitionStarted') start();
      if (message.message === 'AudioAdded') underWay.confirm();
      if (message.message === 'EndOfTranscript') resolve();
      if (message.message === 'Error') reject(refused(`the server ended the session: ${reasonOf(message)}`));
    });
    socket.on('close', (code) => {
      underWay.end();
      reject(refused(`the connection ended (${code}) before the transcript was complete`));
    });
  });
  over.catch(() => {}).finally(() => endSoon(socket));
  return {
    started,
    over,
    async send(audio) {
      await underWay.room();
      if (socket.readyState !== WebSocket.OPEN) return;
      underWay.add(audio.length);
      sentPieces += 1;
      socket.send(audio);
    },
    finish() {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(JSON.stringify({ message: 'EndOfStream', last_seq_no: sentPieces }));
    },
    close: () => socket.terminate(),
  };
}

/** Counts the audio that was sent and not confirmed. */
function createWindow() {
  const pieces: number[] = [];
  let bytes = 0;
  let isEnded = false;
  let wake = () => {};
  return {
    add(size: number) {
      pieces.push(size);
      bytes += size;
    },
    confirm() {
      bytes -= pieces.shift() ?? 0;
      wake();
    },
    async room() {
      while (bytes >= MAX_UNCONFIRMED_BYTES && !isEnded) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    end() {
      isEnded = true;
      wake();
    },
  };
}

function parse(text: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return typeof (message as Message | null)?.message === 'string' ? (message as Message) : undefined;
  } catch {
    return undefined;
  }
}

/** What an Error or a Warning says. */
export const reasonOf = ({ type, reason }: Message): string => shown(`${type}: ${reason}`);

function keepAlive(socket: WebSocket): void {
  let unanswered = 0;
  const hear = () => {
    unanswered = 0;
  };
  const timer = setInterval(() => {
    unanswered += 1;
    if (unanswered > MAX_UNANSWERED_PINGS) socket.terminate();
    else socket.ping();
  }, PING_EVERY_MS);
  socket.on('message', hear).on('pong', hear);
  socket.once('close', () => clearInterval(timer));
}

/** A server that does not close its side is not waited for. */
function endSoon(socket: WebSocket): void {
  socket.close();
  setTimeout(() => socket.terminate(), CLOSE_LIMIT_MS).unref();
}
