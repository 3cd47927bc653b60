import { SAMPLE_RATE } from '../../audio/sample-rate.ts';
import type { LiveRequest } from '../../engines/engine.ts';

interface Waiting {
  readonly request: LiveRequest;
  /** Seconds of audio. */
  readonly atSeconds: number;
  /** It waits no longer for its place. */
  readonly untilMs: number;
}

/** A client waits at most a second for the end of an utterance, and the engine needs time for its answer. */
const MAX_WAIT_MS = 300;

/** What an engine listens to: decoded audio, with requests put in at their places. */
export class LiveInput {
  private waiting: Waiting[] = [];
  private position = 0;
  private wake: () => void = () => {};

  /** Puts a request where the audio reaches a time, but after 0.3 s at the latest. */
  request(request: LiveRequest, atSeconds: number): void {
    this.waiting.push({ request, atSeconds, untilMs: performance.now() + MAX_WAIT_MS });
    this.wake();
  }

  async *merge(decoded: AsyncIterable<Float32Array>): AsyncGenerator<Float32Array | LiveRequest> {
    const chunks = decoded[Symbol.asyncIterator]();
    try {
      let next: Promise<IteratorResult<Float32Array>> | undefined;
      for (;;) {
        yield* this.take((one) => this.dueInMs(one) <= 0);
        next ??= chunks.next();
        const result = await this.whicheverFirst(next);
        if (!result) continue;
        next = undefined;
        if (result.done) break;
        yield* this.placeIn(result.value);
      }
      yield* this.take(() => true);
    } finally {
      await chunks.return?.();
    }
  }

  private dueInMs({ atSeconds, untilMs }: Waiting): number {
    return atSeconds * SAMPLE_RATE <= this.position ? 0 : untilMs - performance.now();
  }

  private *placeIn(chunk: Float32Array): Generator<Float32Array | LiveRequest> {
    const start = this.position;
    const end = start + chunk.length;
    const places = this.waiting.map(({ atSeconds }) => Math.round(atSeconds * SAMPLE_RATE));
    for (const place of places.filter((one) => one < end).sort((a, b) => a - b)) {
      if (place > this.position) {
        yield chunk.subarray(this.position - start, place - start);
        this.position = place;
      }
      yield* this.take(({ atSeconds }) => Math.round(atSeconds * SAMPLE_RATE) <= this.position);
    }
    const rest = chunk.subarray(this.position - start);
    this.position = end;
    yield rest;
  }

  /** The next chunk, or nothing when a request may have become due before. */
  private async whicheverFirst<T>(next: Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const due = new Promise<undefined>((resolve) => {
      this.wake = () => resolve(undefined);
      const earliestMs = Math.min(...this.waiting.map((one) => this.dueInMs(one)));
      if (Number.isFinite(earliestMs)) timer = setTimeout(this.wake, Math.max(0, earliestMs));
    });
    try {
      return await Promise.race([next, due]);
    } finally {
      clearTimeout(timer);
    }
  }

  private take(isDue: (one: Waiting) => boolean): LiveRequest[] {
    if (this.waiting.length === 0) return [];
    const due = this.waiting.filter(isDue);
    this.waiting = this.waiting.filter((one) => !due.includes(one));
    return due.map(({ request }) => request);
  }
}
