import { EngineError } from '../engine.ts';
import type { FromChild, Output, Part, ToChild } from './protocol.ts';

/** Longest chunk sent in one message: 4 s, 256 kB. */
const MAX_CHUNK_SAMPLES = 65_536;

/** The server's side of one call that runs in an engine process: hands over audio, takes items. */
export class RemoteCall {
  private readonly id: number;
  private readonly openAudio: () => AsyncIterable<Part>;
  private chunks: AsyncGenerator<Part>;
  private readonly send: (message: ToChild) => void;
  private isReadingAudio = false;
  private failure: { readonly error: unknown } | undefined;
  private settle:
    | { resolve: (item: Output | undefined) => void; reject: (error: unknown) => void }
    | undefined;

  constructor(id: number, openAudio: () => AsyncIterable<Part>, send: (message: ToChild) => void) {
    this.id = id;
    this.openAudio = openAudio;
    this.chunks = shortChunks(openAudio());
    this.send = send;
  }

  /** Asks for the next item; `undefined` when there are no more. Throws what `fail` was given, now or before. */
  next(): Promise<Output | undefined> {
    return new Promise((resolve, reject) => {
      if (this.failure) {
        reject(this.failure.error);
        return;
      }
      this.settle = { resolve, reject };
      this.send({ type: 'next', call: this.id });
    });
  }

  /** Acts on a message of the engine process about this call. */
  receive(message: FromChild): void {
    if (message.type === 'pull') void this.feed();
    if (message.type === 'rewind') this.rewind();
    if (message.type === 'item') this.settle?.resolve(message.item);
    if (message.type === 'end') this.settle?.resolve(undefined);
    if (message.type === 'failed') this.fail(new EngineError(message.message, message));
  }

  /** Makes the running `next`, and every later one, throw. */
  fail(error: unknown): void {
    this.failure ??= { error };
    this.settle?.reject(error);
  }

  /** Tells the audio that no more is wanted. Waits for its clean-up unless it is busy: it might never answer. */
  async stop(): Promise<void> {
    const stopped = this.chunks.return(undefined);
    if (this.isReadingAudio) stopped.catch(() => {});
    else await stopped;
  }

  /** A pull is always answered before the engine rewinds, so nothing of the earlier reading is under way. */
  private rewind(): void {
    this.chunks.return(undefined).catch((error: unknown) => this.fail(error));
    this.chunks = shortChunks(this.openAudio());
  }

  private async feed(): Promise<void> {
    this.isReadingAudio = true;
    try {
      const next = await this.chunks.next();
      this.send({ type: 'audio', call: this.id, chunk: next.done ? undefined : next.value });
    } catch (error) {
      this.fail(error);
    }
    this.isReadingAudio = false;
  }
}

async function* shortChunks(parts: AsyncIterable<Part>): AsyncGenerator<Part> {
  for await (const part of parts) {
    if (!(part instanceof Float32Array)) yield part;
    else {
      for (let start = 0; start < part.length; start += MAX_CHUNK_SAMPLES)
        yield part.subarray(start, start + MAX_CHUNK_SAMPLES);
    }
  }
}
