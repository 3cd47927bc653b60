import { describe, expect, it } from 'vitest';
import { AppError } from '../errors/app-error.ts';
import { createRateLimit } from './rate-limit.ts';

function setUp() {
  const clock = { nowMs: 1_000, now: () => clock.nowMs };
  const limit = createRateLimit({ perSecond: 2, burst: 3 }, clock);
  const accepted = (caller: string, count: number) =>
    Array.from({ length: count }, () => {
      try {
        limit.spend(caller);
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        return false;
      }
    }).filter(Boolean).length;
  return { clock, limit, accepted };
}

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
    expect(() => limit.spend('a')).toThrow(
      expect.objectContaining({ code: 'rate_limited', retryAfterSeconds: 0.5 }),
    );
  });

  it('earns nothing when the clock goes back', () => {
    const { clock, accepted } = setUp();
    accepted('a', 3);
    clock.nowMs -= 10_000;
    expect(accepted('a', 1)).toBe(0);
  });
});
