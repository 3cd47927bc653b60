import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { sleep } from '../../../base/abort.ts';
import { notRun } from '../client-error.ts';
import { bytesPerSecondOfWav } from './wav-header.ts';

/** Audio to be listened to, in pieces; it ends when the signal is aborted. */
export interface LiveAudio {
  /** The `audio_format` of the protocol. */
  readonly format: object;
  readonly pieces: AsyncIterable<Uint8Array>;
}

export interface RawFormat {
  readonly encoding: string;
  readonly sampleRate: number;
}

const PIECE_MS = 100;

/** Standard input without a header, as fast as it comes. */
export const rawAudio = (
  input: Readable,
  { encoding, sampleRate }: RawFormat,
  signal: AbortSignal,
): LiveAudio => ({
  format: { type: 'raw', encoding, sample_rate: sampleRate },
  pieces: chunks(() => input, signal),
});

/** A file: WAV at the speed at which it was spoken, others as fast as they are taken. Throws `ClientError`. */
export async function fileAudio(file: string, signal: AbortSignal): Promise<LiveAudio> {
  const found = await stat(file).catch((error: Error) => {
    throw notRun(`the recording cannot be read: ${error.message}`);
  });
  if (found.isDirectory()) throw notRun(`${file} is no file`);
  return {
    format: { type: 'file' },
    pieces: inTime(
      chunks(() => createReadStream(file), signal),
      signal,
    ),
  };
}

/** Opened when it is read: a stream that fails before has nobody to tell. */
async function* chunks(open: () => Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of addAbortSignal(signal, open())) yield chunk;
  } catch (error) {
    if (!signal.aborted) throw notRun(`the audio cannot be read: ${(error as Error).message}`);
  }
}

/** The start of a WAV file says how many of its bytes make a second. */
async function* inTime(audio: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const begunMs = performance.now();
  let bytesPerSecond: number | undefined;
  let sentBytes = 0;
  for await (const chunk of audio) {
    if (sentBytes === 0) bytesPerSecond = bytesPerSecondOfWav(chunk);
    for (const piece of cut(chunk, bytesPerSecond)) {
      if (bytesPerSecond !== undefined) {
        await sleep(Math.max(0, begunMs + (sentBytes / bytesPerSecond) * 1_000 - performance.now()), signal);
      }
      if (signal.aborted) return;
      yield piece;
      sentBytes += piece.length;
    }
  }
}

function* cut(chunk: Uint8Array, bytesPerSecond: number | undefined): Generator<Uint8Array> {
  const pieceBytes = bytesPerSecond ? Math.ceil((bytesPerSecond * PIECE_MS) / 1_000) : chunk.length;
  for (let at = 0; at < chunk.length; at += pieceBytes) yield chunk.subarray(at, at + pieceBytes);
}
