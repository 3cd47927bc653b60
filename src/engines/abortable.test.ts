import { describe, expect, it } from 'vitest';
import { abortable, untilAborted } from './abortable.ts';

const forever = new Promise<never>(() => {});
const listenersLeft = new WeakMap<AbortSignal, number>();

/** An abort controller that counts the listeners its signal still has. */
function counting(): AbortController {
  const controller = new AbortController();
  const { signal } = controller;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  const change = (by: number) => listenersLeft.set(signal, (listenersLeft.get(signal) ?? 0) + by);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    change(1);
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    change(-1);
    remove(...args);
  };
  return controller;
}

describe('untilAborted', () => {
  it('gives what the promise gives and leaves no listener behind', async () => {
    const { signal } = counting();
    expect(await untilAborted(Promise.resolve(7), signal)).toBe(7);
    await expect(untilAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
    expect(listenersLeft.get(signal)).toBe(0);
  });

  it('throws the reason, before and while it waits', async () => {
    const reason = new Error('enough');
    await expect(untilAborted(forever, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason));
    await expect(untilAborted(forever, controller.signal)).rejects.toBe(reason);
  });
});

describe('abortable', () => {
  it('passes everything on', async () => {
    const source = async function* () {
      yield* [1, 2, 3];
    };
    const seen: number[] = [];
    for await (const value of abortable(source(), counting().signal)) seen.push(value);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('stops the source and waits for its clean-up when the reader leaves', async () => {
    let cleaned = false;
    const source = async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        await new Promise((resolve) => setTimeout(resolve, 5));
        cleaned = true;
      }
    };
    for await (const _ of abortable(source(), new AbortController().signal)) break;
    expect(cleaned).toBe(true);
  });

  it('throws the reason even if the source never answers again', async () => {
    const controller = new AbortController();
    const source = async function* () {
      yield 1;
      await forever;
    };
    const values = abortable(source(), controller.signal);
    await values.next();
    const answer = values.next();
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
  });
});
