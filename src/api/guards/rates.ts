import type { Clock } from '../../base/clock.ts';
import type { Rate } from '../../base/option.ts';
import { createRateLimit, spend } from '../../http/rate-limit.ts';
import type { ProjectPrincipal } from '../../identity/principal.ts';
import type { RateClass } from './access.ts';

export interface RateDeps {
  readonly clock: Clock;
  /** Of one API key together with all temporary keys minted with it. */
  readonly rates: Readonly<Record<RateClass, Rate>>;
  /** Of one end user of a project, whichever keys the requests come with. */
  readonly clientRates: Readonly<Record<RateClass, Rate>>;
  /** This node's part of each rate, when several nodes spend it together. Default 1. */
  readonly rateShares?: Readonly<Record<RateClass, () => number>>;
}

/** Throws `rate_limited` when the key, or the end user it is narrowed to, has no request left; then none is spent. */
export function createRates({ clock, rates, clientRates, rateShares }: RateDeps) {
  const pair = (one: RateClass) => {
    const limit = (rate: Rate) => createRateLimit(rate, clock, rateShares?.[one]);
    return { ofKey: limit(rates[one]), ofClient: limit(clientRates[one]) };
  };
  const limits = { submit: pair('submit'), read: pair('read'), mint: pair('mint') };
  return ({ keyId, projectId, clientRef }: ProjectPrincipal, one: RateClass): void => {
    const { ofKey, ofClient } = limits[one];
    spend([
      [ofKey, keyId],
      ...(clientRef === undefined ? [] : [[ofClient, `${projectId} ${clientRef}`] as const]),
    ]);
  };
}
