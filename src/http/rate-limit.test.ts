import { describe, expect, it } from 'vitest';
import { AppError } from '../errors/app-error.ts';
import { createRateLimit, type RateLimit, spend } from './rate-limit.ts';

function setUp(share?: () => number) {
  const clock = { nowMs: 1_000, now: () => clock.nowMs };
  const limit = createRateLimit({ perSecond: 2, burst: 3 }, clock, share);
  const accepted = (caller: string, count: number) => acceptedOf([[limit, caller]], count);
  return { clock, limit, accepted };
}

const acceptedOf = (spendings: readonly (readonly [RateLimit, string])[], count: number) =>
  Array.from({ length: count }, () => {
    try {
      spend(spendings);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      return false;
    }
  }).filter(Boolean).length;

describe('a rate', () => {
  it('lets a burst pass, then as many as it earns', () => {
    const { clock, accepted } = setUp();
    expect(accepted('a', 10)).toBe(3);
    clock.nowMs += 499;
    expect(accepted('a', 10)).toBe(0);
    clock.nowMs += 1;
    expect(accepted('a', 10)).toBe(1);
    clock.nowMs += 3_600_000;
    expect(accepted('a', 10)).toBe(3);
  });

  it('is counted for each caller alone', () => {
    const { accepted } = setUp();
    expect(accepted('a', 10)).toBe(3);
    expect(accepted('b', 10)).toBe(3);
  });

  it('tells how long to wait', () => {
    const { limit, accepted } = setUp();
    accepted('a', 3);
    expect(() => spend([[limit, 'a']])).toThrow(
      expect.objectContaining({ code: 'rate_limited', retryAfterSeconds: 0.5 }),
    );
  });

  it('earns nothing when the clock goes back', () => {
    const { clock, accepted } = setUp();
    accepted('a', 3);
    clock.nowMs -= 10_000;
    expect(accepted('a', 1)).toBe(0);
  });

  it('is divided by the nodes that have it together, also when their number changes', () => {
    let share = 1;
    const { clock, limit, accepted } = setUp(() => share);
    expect(accepted('a', 10)).toBe(3);
    share = 0.5;
    clock.nowMs += 500;
    expect(accepted('a', 10)).toBe(0);
    expect(limit.waitSeconds('a')).toBe(0.5);
    clock.nowMs += 500;
    expect(accepted('a', 10)).toBe(1);
    clock.nowMs += 3_600_000;
    expect(accepted('a', 10)).toBe(1);
  });

  it('of one request per second still lets one pass on each of many nodes', () => {
    expect(setUp(() => 0.01).accepted('a', 10)).toBe(1);
  });
});

describe('two rates', () => {
  it('are spent together or not at all', () => {
    const { limit: wide, clock } = setUp();
    const narrow = createRateLimit({ perSecond: 1, burst: 1 }, clock);
    const both = [
      [wide, 'key'],
      [narrow, 'user'],
    ] as const;
    expect(acceptedOf(both, 10)).toBe(1);
    expect(acceptedOf([[wide, 'key']], 10)).toBe(2);
    // Now the wide one is empty, and the narrow one must keep what it earns.
    clock.nowMs += 499;
    expect(acceptedOf(both, 10)).toBe(0);
    clock.nowMs += 501;
    expect(acceptedOf(both, 10)).toBe(1);
  });

  it('tell the longer wait', () => {
    const { limit: wide, clock } = setUp();
    const narrow = createRateLimit({ perSecond: 0.1, burst: 1 }, clock);
    const both = [
      [wide, 'key'],
      [narrow, 'user'],
    ] as const;
    spend(both);
    expect(() => spend(both)).toThrow(expect.objectContaining({ retryAfterSeconds: 10 }));
  });
});
