import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { LiveRequest } from '../../engines/engine.ts';
import { LiveInput } from './live-input.ts';

const END: LiveRequest = { type: 'end_utterance' };

/** Audio that a test hands over chunk by chunk. */
class Source implements AsyncIterable<Float32Array> {
  private readonly chunks: Float32Array[] = [];
  private wake: () => void = () => {};
  private isEnded = false;

  say(samples: number): void {
    this.chunks.push(new Float32Array(samples));
    this.wake();
  }

  end(): void {
    this.isEnded = true;
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Float32Array> {
    for (;;) {
      const chunk = this.chunks.shift();
      if (chunk) yield chunk;
      else if (this.isEnded) return;
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
    }
  }
}

/** Lengths of chunks, and `end` for a request. */
async function read(input: LiveInput, source: Source): Promise<(number | 'end')[]> {
  const parts: (number | 'end')[] = [];
  for await (const part of input.merge(source))
    parts.push(part instanceof Float32Array ? part.length : 'end');
  return parts;
}

describe('LiveInput', () => {
  it('hands audio on as it is', async () => {
    const source = new Source();
    for (const samples of [160, 1, 3_000]) source.say(samples);
    source.end();
    expect(await read(new LiveInput(), source)).toEqual([160, 1, 3_000]);
  });

  it.each([
    ['in a chunk', 0.05, [800, 'end', 800, 1_600]],
    ['between chunks', 0.1, [1_600, 'end', 1_600]],
    ['at the start', 0, ['end', 1_600, 1_600]],
    ['at the end', 0.2, [1_600, 1_600, 'end']],
    ['behind the end', 5, [1_600, 1_600, 'end']],
  ])('puts a request %s', async (_, atSeconds, parts) => {
    const [input, source] = [new LiveInput(), new Source()];
    input.request(END, atSeconds);
    for (const samples of [1_600, 1_600]) source.say(samples);
    source.end();
    expect(await read(input, source)).toEqual(parts);
  });

  it('puts several requests in their places', async () => {
    const [input, source] = [new LiveInput(), new Source()];
    for (const atSeconds of [0.05, 0.025, 0.05]) input.request(END, atSeconds);
    source.say(1_600);
    source.end();
    expect(await read(input, source)).toEqual([400, 'end', 400, 'end', 'end', 800]);
  });

  it('holds a hundred requests, and takes more when they were handed on', async () => {
    const [input, source] = [new LiveInput(), new Source()];
    for (let asked = 0; asked < 100; asked += 1) input.request(END, 0);
    expect(() => input.request(END, 0)).toThrow(expect.objectContaining({ type: 'protocol_error' }));
    const parts = input.merge(source);
    await parts.next();
    input.request(END, 0);
    source.end();
    let handedOn = 1;
    for await (const _part of parts) handedOn += 1;
    expect(handedOn).toBe(101);
  });

  it('waits for a place 0.3 s and no longer, while no audio comes', async () => {
    const [input, source] = [new LiveInput(), new Source()];
    source.say(1_600);
    const parts = input.merge(source);
    await parts.next();
    const waiting = parts.next();
    const askedMs = performance.now();
    input.request(END, 60);
    expect((await waiting).value).toEqual(END);
    expect(performance.now() - askedMs).toBeGreaterThan(250);
    source.end();
    expect((await parts.next()).done).toBe(true);
  });

  it('hands a request for what was heard on at once, while no audio comes', async () => {
    const [input, source] = [new LiveInput(), new Source()];
    const waiting = input.merge(source).next();
    const askedMs = performance.now();
    input.request(END, 0);
    expect((await waiting).value).toEqual(END);
    expect(performance.now() - askedMs).toBeLessThan(200);
  });

  it('keeps the place of a request while the engine is at work', async () => {
    const [input, source] = [new LiveInput(), new Source()];
    for (const samples of [1_600, 1_600, 1_600]) source.say(samples);
    source.end();
    const parts = input.merge(source);
    await parts.next();
    input.request(END, 0.2);
    await sleep(350);
    expect((await parts.next()).value).toHaveLength(1_600);
    expect((await parts.next()).value).toEqual(END);
  });

  it('does not wait for the last milliseconds, which a resampler has', async () => {
    const [input, source] = [new LiveInput(), new Source()];
    source.say(1_600);
    const parts = input.merge(source);
    await parts.next();
    const askedMs = performance.now();
    input.request(END, 0.106);
    expect((await parts.next()).value).toEqual(END);
    expect(performance.now() - askedMs).toBeLessThan(200);
  });
});
