import { setTimeout as sleep } from 'node:timers/promises';
import type { Address } from '../../../helpers/api.ts';
import type { Message, RealtimeClient } from '../../../helpers/realtime.ts';
import { type Reader, Unreadable } from '../reader.ts';

/** Audio as an application has it: its client reads it in pieces of a size of its own. */
export type Source = (pieceBytes: number) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface Use {
  /** API key or temporary key. */
  readonly key: string;
  readonly audio: Source;
  /** Samples of 16 bits, 16 kHz; otherwise a file as it is. Clients for voices have no choice. */
  readonly isRaw?: boolean;
  /** Members of `transcription_config` beside those that the client sends by itself. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** `translation_config.target_languages` */
  readonly translateTo?: readonly string[];
  /** Members of `transcription_config` that change after the first piece of audio. */
  readonly change?: Readonly<Record<string, unknown>>;
}

export interface Outcome {
  readonly messages: readonly Message[];
  /** What the application shows. */
  readonly text: string;
  /** What the application, or its log, is told of a failure. */
  readonly error?: string;
}

export interface Client {
  /** A whole session. Rejects when the connection is refused, and where the client would hang or break. */
  readonly run: (server: Address, use: Use) => Promise<Outcome>;
  /** Reads all messages of a session; throws for what the client could not take. */
  readonly read: (messages: readonly Message[]) => void;
  /** Gets a temporary key as the client does by itself. */
  readonly mint?: (server: Address, apiKey: string) => Promise<string>;
}

/** What a client does in the course of a session. */
interface Habits {
  readonly start: object;
  readonly startLimitMs: number;
  readonly pieceBytes: number;
  readonly send: (piece: Uint8Array) => Promise<void>;
  /** When there is no more audio. */
  readonly beforeEnd?: () => Promise<void>;
  readonly lastSeqNo: () => number;
  /** From EndOfStream to the end. */
  readonly endLimitMs?: number;
}

const RAW = { type: 'raw', encoding: 'pcm_s16le', sample_rate: 16_000 };

export const formatOf = ({ isRaw = false }: Use): object => (isRaw ? RAW : { type: 'file' });

/**
 * Start, audio when it is started, EndOfStream; stops at an Error.
 * @returns EndOfTranscript or Error; undefined when the connection ended with neither
 */
export async function converse(
  client: RealtimeClient,
  audio: Source,
  { start, startLimitMs, pieceBytes, send, beforeEnd, lastSeqNo, endLimitMs }: Habits,
): Promise<Message | undefined> {
  const end = endOf(client);
  let isOver = false;
  void end.then(() => {
    isOver = true;
  });
  client.say(start);
  await Promise.race([client.next('RecognitionStarted', { limitMs: startLimitMs }), end]);
  for await (const piece of audio(pieceBytes)) {
    if (isOver) break;
    await send(piece);
  }
  if (!isOver) await beforeEnd?.();
  if (!isOver) client.say({ message: 'EndOfStream', last_seq_no: lastSeqNo() });
  return endLimitMs === undefined ? end : within(endLimitMs, 'the end of the transcript', end);
}

/** The message that ends the session, or undefined for a connection that ends without one. */
export function endOf(client: RealtimeClient): Promise<Message | undefined> {
  const find = () =>
    client.messages.find(({ message }) => message === 'EndOfTranscript' || message === 'Error');
  return new Promise((resolve) => {
    const look = () => {
      const end = find();
      if (end) resolve(end);
    };
    client.socket.on('message', look);
    void client.closed.then(() => resolve(find()));
    look();
  });
}

export const reasonOf = ({ message, reason }: Message): string | undefined =>
  message === 'Error' ? String(reason) : undefined;

/** A step for which the client waits so long at most. */
export async function within<T>(limitMs: number, what: string, step: Promise<T>): Promise<T> {
  const limit = new AbortController();
  const tooLate = sleep(limitMs, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`${what} took more than ${limitMs / 1_000} s`);
  });
  try {
    return await Promise.race([step, tooLate]);
  } finally {
    limit.abort();
    tooLate.catch(() => undefined);
  }
}

/** Resolves when the piece is handed to the network. What cannot be sent any more is told from the other side. */
export const sendBinary = (
  { socket }: RealtimeClient,
  piece: Uint8Array,
  options: { fin?: boolean } = {},
): Promise<void> => new Promise((resolve) => socket.send(piece, options, () => resolve()));

/** By the name of the message; names that are not here are passed over, or refused. */
export const byName =
  (readers: Readonly<Record<string, Reader>>, others: 'ignored' | 'refused') =>
  (messages: readonly Message[]): void => {
    for (const [index, one] of messages.entries()) {
      const path = `$.${index}.${one.message}`;
      const read = Object.hasOwn(readers, one.message) ? readers[one.message] : undefined;
      if (!read && others === 'refused') throw new Unreadable(`${path} is no message it knows`);
      read?.(one, path);
    }
  };

/** Texts of all finals. */
export const finalTexts = (messages: readonly Message[]): string[] =>
  messages
    .filter(({ message }) => message === 'AddTranscript')
    .map(({ metadata }) => (metadata as { transcript: string }).transcript);
