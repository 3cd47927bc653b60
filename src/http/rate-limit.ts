import { LRUCache } from 'lru-cache';
import type { Clock } from '../base/clock.ts';
import type { Rate } from '../base/option.ts';
import { AppError } from '../errors/app-error.ts';

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** Callers remembered at once; one that is forgotten starts again with a full bucket. */
const MAX_CALLERS = 100_000;

/** A token bucket per caller: `spend` takes one token or throws `rate_limited` with the wait in seconds. */
export function createRateLimit({ perSecond, burst }: Rate, clock: Clock): { spend(caller: string): void } {
  const buckets = new LRUCache<string, Bucket>({ max: MAX_CALLERS });
  return {
    spend(caller) {
      const nowMs = clock.now();
      const bucket = buckets.get(caller) ?? { tokens: burst, filledAtMs: nowMs };
      const earned = (Math.max(0, nowMs - bucket.filledAtMs) / 1_000) * perSecond;
      const tokens = Math.min(burst, bucket.tokens + earned);
      if (tokens < 1) throw new AppError('rate_limited', { retryAfterSeconds: (1 - tokens) / perSecond });
      buckets.set(caller, { tokens: tokens - 1, filledAtMs: nowMs });
    },
  };
}
