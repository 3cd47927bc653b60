import type { Item } from '../../transcripts/item.ts';
import { alignText, type Engine, EngineError } from '../engine.ts';
import type { FromChild, ToChild } from './protocol.ts';

type Send = (message: FromChild) => void;
type Chunk = Float32Array | undefined;

/** The engine process's side of the calls in progress. */
export class HostedCalls {
  private readonly calls = new Map<number, HostedCall>();
  private readonly engine: Engine;
  private readonly send: Send;

  constructor(engine: Engine, send: Send) {
    this.engine = engine;
    this.send = send;
  }

  /** Acts on one message of the server. */
  receive(message: ToChild): void {
    if (message.type === 'load') return;
    if (message.type === 'open') {
      this.calls.set(message.call, new HostedCall(this.engine, message, this.send));
      return;
    }
    const call = this.calls.get(message.call);
    if (message.type === 'next') void call?.next();
    if (message.type === 'audio') call?.hear(message.chunk);
    if (message.type === 'stop') {
      call?.stop();
      this.calls.delete(message.call);
      this.send({ type: 'stopped', call: message.call });
    }
  }
}

type Opening = Extract<ToChild, { type: 'open' }>;

class HostedCall {
  private readonly controller = new AbortController();
  private readonly items: AsyncIterator<Item>;
  private readonly call: number;
  private readonly send: Send;
  private isOpened = false;
  private hearChunk: (chunk: Chunk) => void = () => {};

  constructor(engine: Engine, { call, options, words }: Opening, send: Send) {
    this.call = call;
    this.send = send;
    const { signal } = this.controller;
    const openAudio = () => this.audio();
    this.items = lazily(() =>
      words
        ? alignText(engine, { openAudio, words }, options, signal)
        : engine.recognizeFile(openAudio(), options, signal),
    );
  }

  async next(): Promise<void> {
    const { call } = this;
    try {
      const result = await this.items.next();
      this.send(result.done ? { type: 'end', call } : { type: 'item', call, item: result.value });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const retryable = error instanceof EngineError && error.retryable;
      this.send({ type: 'failed', call, message, retryable });
    }
  }

  hear(chunk: Chunk): void {
    this.hearChunk(chunk);
  }

  stop(): void {
    this.controller.abort();
    this.items.return?.().catch(() => {});
  }

  private async *audio(): AsyncGenerator<Float32Array> {
    if (this.isOpened) this.send({ type: 'rewind', call: this.call });
    this.isOpened = true;
    for (;;) {
      const heard = new Promise<Chunk>((resolve) => {
        this.hearChunk = resolve;
      });
      this.send({ type: 'pull', call: this.call });
      const chunk = await heard;
      if (!chunk) return;
      yield chunk;
    }
  }
}

/** Calls `start` with the first `next` only, so that whatever it throws is the answer to that. */
async function* lazily(start: () => AsyncIterable<Item>): AsyncGenerator<Item> {
  yield* start();
}
