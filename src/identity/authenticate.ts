import type { Clock } from '../base/clock.ts';
import type { Sql } from '../db/database.ts';
import type { KeyCache, KeyRecord } from './api-keys/key-cache.ts';
import type { Node } from './nodes/node.ts';
import type { Principal, ProjectPrincipal } from './principal.ts';
import type { Pepper } from './secrets/pepper.ts';
import { kindOfSecret, mayBeForeignKey, sha256Of } from './secrets/secret.ts';
import type { TemporaryKeyClaims } from './temporary-keys/claims.ts';
import type { Refusal, TemporaryKeys } from './temporary-keys/temporary-key.ts';
import { findAdminToken } from './workspaces/admin-token.ts';

/**
 * Who the credential belongs to, or why it was refused and, when it is known, which key it was. The reason is for the
 * log and for the owner of the key, never for the caller.
 */
export type Authentication = { readonly principal: Principal } | RefusedCredential;

export interface RefusedCredential {
  /** `missing`: there was none, or none that could be read. */
  readonly refused: Refusal | 'missing';
  readonly key?: Pick<KeyRecord, 'keyId' | 'workspaceId'>;
}

export type Authenticate = (credential: string) => Authentication | Promise<Authentication>;

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly node: Node;
  readonly keyCache: KeyCache;
  readonly temporaryKeys: TemporaryKeys;
  readonly clock: Clock;
}

/** How the base64url of a JSON object begins: the header of every JWT. */
const JWT_START = 'eyJ';

/**
 * Turns the text after `Bearer ` into a principal. A known API key and a remembered temporary key are answered
 * from memory and without waiting; junk is refused by shape and checksum before any look-up.
 */
export function createAuthenticate(deps: Deps): Authenticate {
  const { sql, pepper, node, keyCache, temporaryKeys, clock } = deps;

  /** Once with the record, however it was come by. */
  const withRecord = (
    found: KeyRecord | undefined | Promise<KeyRecord | undefined>,
    claims?: TemporaryKeyClaims,
  ): Authentication | Promise<Authentication> =>
    found instanceof Promise
      ? found.then((record) => judge(record, clock.now(), claims))
      : judge(found, clock.now(), claims);

  const temporaryKey =
    (token: string) =>
    (claims: TemporaryKeyClaims | Refusal): Authentication | Promise<Authentication> =>
      typeof claims === 'string'
        ? refuseToken(token, claims)
        : withRecord(keyCache.byId(claims.akid), claims);

  /** Whose key it was is for the owner who asks later: the refusal does not depend on finding it. */
  async function refuseToken(token: string, refused: Refusal): Promise<Authentication> {
    const minter = temporaryKeys.minterOf(token);
    if (minter === undefined) return { refused };
    const key = await Promise.resolve(keyCache.byId(minter)).catch(() => undefined);
    return { refused, ...(key && { key }) };
  }

  return (credential) => {
    switch (kindOfSecret(credential)) {
      case 'api-key':
        return withRecord(keyCache.bySecret(sha256Of(credential)));
      case 'management-token':
      case 'operator-token':
        return findAdminToken(sql, pepper, credential).then((principal) =>
          principal ? { principal } : { refused: 'unknown' },
        );
      case undefined: {
        if (node.hasImportedKeys() && mayBeForeignKey(credential)) {
          return withRecord(keyCache.bySecret(sha256Of(credential)));
        }
        if (!credential.startsWith(JWT_START)) return { refused: 'malformed' };
        const claims = temporaryKeys.verify(credential);
        const judgeClaims = temporaryKey(credential);
        return claims instanceof Promise ? claims.then(judgeClaims) : judgeClaims(claims);
      }
    }
  };
}

/** The caller by the record of its key, or why the key, or the temporary key minted with it, is not accepted. */
function judge(record: KeyRecord | undefined, nowMs: number, claims?: TemporaryKeyClaims): Authentication {
  if (!record) return { refused: 'unknown' };
  const refused = faultOfKey(record, nowMs, claims);
  if (refused) return { refused, key: record };
  return { principal: claims ? temporaryKeyPrincipal(record, claims) : apiKeyPrincipal(record) };
}

/** Why a key, or what was made with a temporary key of these claims, is over. */
export function faultOfKey(
  record: KeyRecord,
  nowMs: number,
  claims?: Pick<TemporaryKeyClaims, 'sub' | 'client_ref' | 'iat'>,
): Refusal | undefined {
  if (record.revoked) return 'revoked';
  if (record.expiresAt !== null && record.expiresAt.getTime() <= nowMs) return 'expired';
  if (!claims) return undefined;
  if (claims.sub !== String(record.projectId)) return 'bad_claims';
  const endedMs = claims.client_ref === undefined ? undefined : record.cutoffs?.get(claims.client_ref);
  return endedMs !== undefined && claims.iat * 1_000 <= endedMs ? 'revoked' : undefined;
}

/** The holder of an API key, which must have been judged good. */
export function apiKeyPrincipal(record: KeyRecord): ProjectPrincipal {
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
    tokenId: claims.jti,
    signedBy: claims.signedBy,
    issuedAtMs: claims.iat * 1_000,
    expiresAtMs: claims.exp * 1_000,
    ...(claims.limits && { limits: claims.limits }),
  };
}
