import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createReading } from './reading.ts';

describe('a figure that costs something to read', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('is read once for all who ask within a few seconds', async () => {
    let reads = 0;
    const reading = createReading(async () => {
      reads += 1;
      return reads;
    });
    expect(await Promise.all([reading(), reading(), reading()])).toEqual([1, 1, 1]);
    vi.advanceTimersByTime(2_900);
    expect(await reading()).toBe(1);
    vi.advanceTimersByTime(200);
    expect(await reading()).toBe(2);
  });

  it('is left out when it cannot be read, and read again', async () => {
    const read = vi.fn().mockRejectedValueOnce(new Error('the database is away')).mockResolvedValue(7);
    const reading = createReading(read);
    expect(await reading()).toBeUndefined();
    expect(await reading()).toBe(7);
  });
});

describe('a figure that is slow', () => {
  it('keeps nobody waiting, and is asked for once at a time', async () => {
    let answer = (_value: number) => {};
    const read = vi.fn(
      () =>
        new Promise<number>((resolve) => {
          answer = resolve;
        }),
    );
    const reading = createReading(read);
    expect(await Promise.all([reading(), reading()])).toEqual([undefined, undefined]);
    expect(read).toHaveBeenCalledTimes(1);
    answer(7);
    expect(await reading()).toBe(7);
  });
});
