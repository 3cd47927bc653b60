import { type Audio, alignText, type Engine, EngineError, listen } from '../engine.ts';
import type { FromChild, Output, Part, Task, ToChild } from './protocol.ts';

type Send = (message: FromChild) => void;

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
  private readonly items: AsyncIterator<Output>;
  private readonly call: number;
  private readonly send: Send;
  private isOpened = false;
  private hearPart: (part: Part | undefined) => void = () => {};

  constructor(engine: Engine, { call, task }: Opening, send: Send) {
    this.call = call;
    this.send = send;
    this.items = lazily(() => start(engine, task, () => this.parts(), this.controller.signal));
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

  hear(part: Part | undefined): void {
    this.hearPart(part);
  }

  stop(): void {
    this.controller.abort();
    this.items.return?.().catch(() => {});
  }

  private async *parts(): AsyncGenerator<Part> {
    if (this.isOpened) this.send({ type: 'rewind', call: this.call });
    this.isOpened = true;
    for (;;) {
      const heard = new Promise<Part | undefined>((resolve) => {
        this.hearPart = resolve;
      });
      this.send({ type: 'pull', call: this.call });
      const part = await heard;
      if (!part) return;
      yield part;
    }
  }
}

function start(
  engine: Engine,
  task: Task,
  openParts: () => AsyncIterable<Part>,
  signal: AbortSignal,
): AsyncIterable<Output> {
  if (task.type === 'listen') return listen(engine, openParts(), task.options, signal);
  // Requests come in live audio only.
  const openAudio = openParts as () => Audio;
  if (task.type === 'recognize') return engine.recognizeFile(openAudio(), task.options, signal);
  return alignText(engine, { openAudio, words: task.words }, task.options, signal);
}

/** Calls `start` with the first `next` only, so that whatever it throws is the answer to that. */
async function* lazily(start: () => AsyncIterable<Output>): AsyncGenerator<Output> {
  yield* start();
}
