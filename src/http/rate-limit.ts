import { LRUCache } from 'lru-cache';
import type { Clock } from '../base/clock.ts';
import type { Rate } from '../base/option.ts';
import { AppError } from '../errors/app-error.ts';

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** Callers remembered at once; one that is forgotten starts again with a full bucket. */
const MAX_CALLERS = 20_000;

/** A token bucket per caller. */
export interface RateLimit {
  /** Seconds until the caller has a token to take; 0 when there is one. */
  waitSeconds(caller: string): number;
  take(caller: string): void;
}

/** @param share the part of the rate that is this node's; several nodes of one database have it together */
export function createRateLimit(
  { perSecond, burst }: Rate,
  clock: Clock,
  share: () => number = () => 1,
): RateLimit {
  const buckets = new LRUCache<string, Bucket>({ max: MAX_CALLERS });

  function filled(caller: string): Bucket {
    const nowMs = clock.now();
    const capacity = Math.max(1, burst * share());
    const { tokens, filledAtMs } = buckets.get(caller) ?? { tokens: capacity, filledAtMs: nowMs };
    const earned = (Math.max(0, nowMs - filledAtMs) / 1_000) * perSecond * share();
    return { tokens: Math.min(capacity, tokens + earned), filledAtMs: nowMs };
  }

  return {
    waitSeconds(caller) {
      const { tokens } = filled(caller);
      return tokens >= 1 ? 0 : (1 - tokens) / (perSecond * share());
    },
    take(caller) {
      const { tokens, filledAtMs } = filled(caller);
      buckets.set(caller, { tokens: tokens - 1, filledAtMs });
    },
  };
}

/** Takes one token of each, or none of any: then it throws `rate_limited` with the longest wait in seconds. */
export function spend(spendings: readonly (readonly [limit: RateLimit, caller: string])[]): void {
  const waits = spendings.map(([limit, caller]) => limit.waitSeconds(caller));
  const retryAfterSeconds = Math.max(0, ...waits);
  if (retryAfterSeconds > 0) throw new AppError('rate_limited', { retryAfterSeconds });
  for (const [limit, caller] of spendings) limit.take(caller);
}
