import type { Clock } from '../base/clock.ts';
import type { Sql } from '../db/database.ts';
import type { KeyCache, KeyRecord } from './api-keys/key-cache.ts';
import type { Principal, ProjectPrincipal } from './principal.ts';
import type { Pepper } from './secrets/pepper.ts';
import { kindOfSecret, sha256Of } from './secrets/secret.ts';
import type { Refusal, TemporaryKeyClaims, TemporaryKeys } from './temporary-keys/temporary-key.ts';
import { findAdminToken } from './workspaces/admin-token.ts';

/** Who the credential belongs to, or why it was refused; the reason is for the log, never for the caller. */
export type Authentication = { readonly principal: Principal } | { readonly refused: Refusal };

export type Authenticate = (credential: string) => Authentication | Promise<Authentication>;

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly keyCache: KeyCache;
  readonly temporaryKeys: TemporaryKeys;
  readonly clock: Clock;
}

/**
 * Turns the text after `Bearer ` into a principal. A known API key and a remembered temporary key are answered
 * from memory and without waiting; junk is refused by shape and checksum before any look-up.
 */
export function createAuthenticate({ sql, pepper, keyCache, temporaryKeys, clock }: Deps): Authenticate {
  const judge = (record: KeyRecord | undefined): Refusal | KeyRecord => {
    if (!record) return 'unknown';
    if (record.revoked) return 'revoked';
    return record.expiresAt !== null && record.expiresAt.getTime() <= clock.now() ? 'expired' : record;
  };

  function apiKey(secret: string): Authentication | Promise<Authentication> {
    const fingerprint = sha256Of(secret);
    const held = keyCache.peek(fingerprint);
    if (held) return answer(judge(held));
    return findKey(fingerprint).then((record) => answer(judge(record)));
  }

  async function findKey(fingerprint: string): Promise<KeyRecord | undefined> {
    for (const digest of pepper.digests(fingerprint)) {
      const record = await keyCache.byDigest(digest, fingerprint);
      if (record) return record;
    }
    return undefined;
  }

  function temporaryKey(claims: TemporaryKeyClaims | Refusal): Authentication | Promise<Authentication> {
    if (typeof claims === 'string') return { refused: claims };
    const parent = keyCache.byId(claims.akid);
    return parent instanceof Promise
      ? parent.then((record) => answer(judge(record), claims))
      : answer(judge(parent), claims);
  }

  return (credential) => {
    switch (kindOfSecret(credential)) {
      case 'api-key':
        return apiKey(credential);
      case 'management-token':
      case 'operator-token':
        return findAdminToken(sql, pepper, credential).then((principal) =>
          principal ? { principal } : { refused: 'unknown' },
        );
      case undefined: {
        const claims = temporaryKeys.verify(credential);
        return claims instanceof Promise ? claims.then(temporaryKey) : temporaryKey(claims);
      }
    }
  };
}

function answer(record: KeyRecord | Refusal, claims?: TemporaryKeyClaims): Authentication {
  if (typeof record === 'string') return { refused: record };
  if (claims && claims.sub !== String(record.projectId)) return { refused: 'bad_claims' };
  return { principal: claims ? temporaryKeyPrincipal(record, claims) : apiKeyPrincipal(record) };
}

function apiKeyPrincipal(record: KeyRecord): ProjectPrincipal {
  return {
    kind: 'api-key',
    workspaceId: record.workspaceId,
    projectId: record.projectId,
    keyId: record.keyId,
    customerType: record.customerType,
    regions: record.regions,
    temporaryKeysEnabled: record.temporaryKeysEnabled,
    ...(record.clientRef !== null && { clientRef: record.clientRef }),
  };
}

/** Narrower than the minting key in every respect: project, regions, end user. */
function temporaryKeyPrincipal(record: KeyRecord, claims: TemporaryKeyClaims): ProjectPrincipal {
  const clientRef = record.clientRef ?? claims.client_ref;
  return {
    kind: 'temporary-key',
    workspaceId: record.workspaceId,
    projectId: record.projectId,
    keyId: record.keyId,
    customerType: record.customerType,
    regions:
      claims.region === undefined ? record.regions : record.regions.filter((one) => one === claims.region),
    temporaryKeysEnabled: false,
    ...(clientRef !== undefined && { clientRef }),
    product: claims.aud,
    expiresAtMs: claims.exp * 1_000,
  };
}
