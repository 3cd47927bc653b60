import { SAMPLE_RATE } from '../../audio/sample-rate.ts';
import type { LiveRequest } from '../../engines/engine.ts';
import { SessionError } from '../protocol/session-error.ts';

interface Waiting {
  readonly request: LiveRequest;
  /** Seconds of audio. */
  readonly atSeconds: number;
  /** It waits no longer for its place, by the time that audio was waited for. */
  readonly untilMs: number;
}

/** A client waits at most a second for the end of an utterance, and the engine needs time for its answer. */
const MAX_WAIT_MS = 300;
/** A resampler holds so much back until more audio comes. */
const HELD_BACK_SAMPLES = SAMPLE_RATE / 100;
/** All are looked at whenever audio comes. */
const MAX_WAITING = 100;

/** What an engine listens to: decoded audio, with requests put in at their places. */
export class LiveInput {
  private waiting: Waiting[] = [];
  private position = 0;
  private waitedMs = 0;
  private waitingSinceMs: number | undefined;
  private wake: () => void = () => {};

  /**
   * Puts a request where the audio reaches a time; audio that does not come is waited for 0.3 s. Throws `protocol_error`
   * when too many wait.
   */
  request(request: LiveRequest, atSeconds: number): void {
    if (this.waiting.length >= MAX_WAITING) {
      throw new SessionError('protocol_error', `${MAX_WAITING} requests wait for their answers`);
    }
    this.waiting.push({ request, atSeconds, untilMs: this.idleMs() + MAX_WAIT_MS });
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
    const isReached = atSeconds * SAMPLE_RATE <= this.position + HELD_BACK_SAMPLES;
    return isReached ? 0 : untilMs - this.idleMs();
  }

  /** Time in which audio was waited for. An engine that is behind has some to hear before a request comes to its place. */
  private idleMs(): number {
    const { waitedMs, waitingSinceMs } = this;
    return waitingSinceMs === undefined ? waitedMs : waitedMs + performance.now() - waitingSinceMs;
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
    this.waitingSinceMs = performance.now();
    const due = new Promise<undefined>((resolve) => {
      this.wake = () => resolve(undefined);
      const earliestMs = Math.min(...this.waiting.map((one) => this.dueInMs(one)));
      if (Number.isFinite(earliestMs)) timer = setTimeout(this.wake, Math.max(0, earliestMs));
    });
    try {
      return await Promise.race([next, due]);
    } finally {
      clearTimeout(timer);
      this.waitedMs = this.idleMs();
      this.waitingSinceMs = undefined;
    }
  }

  private take(isDue: (one: Waiting) => boolean): LiveRequest[] {
    if (this.waiting.length === 0) return [];
    const due = this.waiting.filter(isDue);
    this.waiting = this.waiting.filter((one) => !due.includes(one));
    return due.map(({ request }) => request);
  }
}
