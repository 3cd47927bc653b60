import type { Clock } from '../base/clock.ts';
import type { Topology } from '../regions/topology.ts';
import type { KeyCache } from './api-keys/key-cache.ts';
import { faultOfKey } from './authenticate.ts';
import type { ProjectPrincipal } from './principal.ts';
import type { Pepper } from './secrets/pepper.ts';
import { outsideLimit } from './temporary-keys/limits.ts';

/** A file of a job that can be read with a signed URL. */
export const OBJECTS = ['data', 'transcript'] as const;

export interface ObjectOfJob {
  readonly environment: string;
  readonly jobId: string;
  readonly object: (typeof OBJECTS)[number];
}

/** What an object token says. It is signed, not encrypted: whoever holds it can read it. */
export interface ObjectGrant extends ObjectOfJob {
  readonly projectId: number;
  /** The API key presented, or the one that minted the temporary key: when that ends, so does this. */
  readonly keyId: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** When the temporary key of an end user was minted, if it was made with one; seconds since the epoch. */
  readonly keyIssuedAt?: number;
}

/**
 * Tokens in signed URLs: each lets whoever holds it read one file of one job, without a credential. It lasts no longer
 * than the key that made it.
 */
export interface ObjectTokens {
  /** Throws `forbidden` for a temporary key that is for certain places only: the token would work everywhere. */
  issue(principal: ProjectPrincipal, object: ObjectOfJob, ttlSeconds: number): string;
  /** What the token says; `undefined` when we did not sign it or its time is over. */
  read(token: string): ObjectGrant | undefined;
  /**
   * Whether the key behind it is still accepted where the job is.
   * @param clientRef whose job it is
   */
  isHonoured(grant: ObjectGrant, clientRef: string | null): Promise<boolean>;
}

interface Deps {
  readonly pepper: Pepper;
  readonly keyCache: KeyCache;
  readonly topology: Topology;
  readonly clock: Clock;
}

const TOKEN = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

export function createObjectTokens({ pepper, keyCache, topology, clock }: Deps): ObjectTokens {
  const signer = pepper.signer('parley object urls');
  return {
    issue(principal, object, ttlSeconds) {
      const { limits, expiresAtMs, issuedAtMs, projectId, keyId, clientRef } = principal;
      for (const limit of ['origins', 'cidrs'] as const) {
        if (limits?.[limit]) throw outsideLimit(limit, 'this key makes no URLs that others could use');
      }
      const endMs = Math.min(clock.now() + ttlSeconds * 1_000, expiresAtMs ?? Number.POSITIVE_INFINITY);
      const grant: ObjectGrant = {
        ...object,
        projectId,
        keyId,
        expiresAt: Math.floor(endMs / 1_000),
        ...(clientRef !== undefined && issuedAtMs !== undefined && { keyIssuedAt: issuedAtMs / 1_000 }),
      };
      const payload = Buffer.from(JSON.stringify(grant)).toString('base64url');
      return `${payload}.${signer.sign(payload)}`;
    },
    read(token) {
      const [, payload = '', signature = ''] = TOKEN.exec(token) ?? [];
      if (!signer.verify(payload, signature)) return undefined;
      const grant = JSON.parse(Buffer.from(payload, 'base64url').toString()) as ObjectGrant;
      return clock.now() < grant.expiresAt * 1_000 ? grant : undefined;
    },
    async isHonoured({ environment, projectId, keyId, keyIssuedAt }, clientRef) {
      const record = await keyCache.byId(keyId);
      if (!record) return false;
      const claims = keyIssuedAt !== undefined && {
        sub: String(projectId),
        iat: keyIssuedAt,
        ...(clientRef !== null && { client_ref: clientRef }),
      };
      if (faultOfKey(record, clock.now(), claims || undefined)) return false;
      const endpoint = topology.endpointFor('batch', undefined, environment);
      return (
        record.regions.includes(endpoint.environment.region) && endpoint.admits.includes(record.customerType)
      );
    },
  };
}
