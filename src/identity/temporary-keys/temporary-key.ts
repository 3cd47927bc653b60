import { hash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../base/clock.ts';
import { AppError } from '../../errors/app-error.ts';
import { type Product, REGIONS, type Region } from '../../regions/topology.ts';
import type { ProjectPrincipal } from '../principal.ts';
import type { SigningKeys } from './signing-key.ts';
import { decodePayload, isSignedBy, signToken, splitToken } from './token.ts';

/** What a temporary key says; `exp - iat` is the requested ttl exactly. */
export interface TemporaryKeyClaims {
  readonly iss: string;
  readonly aud: Product;
  /** Project. */
  readonly sub: string;
  /** The API key that minted it: when that ends, so does this. */
  readonly akid: string;
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly exp: number;
  readonly client_ref?: string;
  readonly region?: Region;
}

export interface MintRequest {
  readonly type: Product;
  readonly ttlSeconds: number;
  readonly clientRef?: string;
  readonly region?: Region;
}

export type Refusal =
  | 'malformed'
  | 'unknown'
  | 'bad_signature'
  | 'bad_claims'
  | 'expired'
  | 'not_yet_valid'
  | 'revoked';

export interface TemporaryKeys {
  /** Mints a temporary key for the holder of an API key. */
  mint(minter: ProjectPrincipal, request: MintRequest): Promise<string>;
  /** Claims of a genuine token that is valid now, or why it is not. */
  verify(token: string): TemporaryKeyClaims | Refusal | Promise<TemporaryKeyClaims | Refusal>;
}

export interface TemporaryKeyOptions {
  readonly issuer: string;
  readonly enforceRegion: boolean;
  readonly supportContact: string;
}

interface Deps {
  readonly signingKeys: SigningKeys;
  readonly clock: Clock;
  readonly options: TemporaryKeyOptions;
}

interface Remembered {
  readonly header: string;
  readonly claims: TemporaryKeyClaims;
}

const REMEMBERED = 20_000;
const LONGEST_TTL_SECONDS = 86_400;
/** A minting node's clock may be ahead by this much; there is no leeway on `exp`. */
const IAT_LEEWAY_SECONDS = 5;

export function createTemporaryKeys({ signingKeys, clock, options }: Deps): TemporaryKeys {
  const remembered = new LRUCache<string, Remembered>({ max: REMEMBERED });

  function verifyCold(token: string, digest: string): TemporaryKeyClaims | Refusal {
    const parts = splitToken(token);
    if (!parts) return 'malformed';
    const key = signingKeys.find(parts.header);
    if (!key) return 'unknown';
    if (!isSignedBy(parts, key.publicKey)) return 'bad_signature';
    const claims = decodePayload(parts.payload);
    if (!isClaims(claims, options.issuer)) return 'bad_claims';
    remembered.set(digest, { header: parts.header, claims });
    return claims;
  }

  const timely = (claims: TemporaryKeyClaims | Refusal): TemporaryKeyClaims | Refusal => {
    if (typeof claims === 'string') return claims;
    const nowSeconds = clock.now() / 1_000;
    if (claims.exp <= nowSeconds) return 'expired';
    return claims.iat > nowSeconds + IAT_LEEWAY_SECONDS ? 'not_yet_valid' : claims;
  };

  return {
    async mint(minter, request) {
      requireMinter(minter, request, options.supportContact);
      const region = regionOf(minter, request, options);
      const { header, privateKey } = signingKeys.current();
      const iat = Math.floor(clock.now() / 1_000);
      const clientRef = request.type === 'batch' ? (minter.clientRef ?? request.clientRef) : minter.clientRef;
      const claims: TemporaryKeyClaims = {
        iss: options.issuer,
        aud: request.type,
        sub: String(minter.projectId),
        akid: minter.keyId,
        jti: randomUUID(),
        iat,
        exp: iat + request.ttlSeconds,
        ...(clientRef !== undefined && { client_ref: clientRef }),
        ...(region !== undefined && { region }),
      };
      return signToken(header, privateKey, claims);
    },
    verify(token) {
      const digest = hash('sha256', token, 'base64');
      const known = remembered.get(digest);
      // A signing key that was removed takes its tokens with it.
      if (known && signingKeys.find(known.header)) return timely(known.claims);
      const claims = verifyCold(token, digest);
      if (claims !== 'unknown') return timely(claims);
      return signingKeys.refresh().then(() => timely(verifyCold(token, digest)));
    },
  };
}

/** Enterprise workspaces mint once the operator has enabled it; a key that is bound to an end user stays with that one. */
function requireMinter(minter: ProjectPrincipal, { clientRef }: MintRequest, supportContact: string): void {
  if (minter.customerType === 'enterprise' && !minter.temporaryKeysEnabled) {
    throw new AppError('forbidden', {
      detail: `temporary keys are not enabled for this workspace; contact ${supportContact}`,
    });
  }
  if (minter.clientRef !== undefined && clientRef !== undefined && clientRef !== minter.clientRef) {
    throw new AppError('forbidden', { detail: 'this API key belongs to another client_ref' });
  }
}

/** Where the token will be valid, or a refusal: nothing is minted that could not be used. */
function regionOf(
  minter: ProjectPrincipal,
  { type, region }: MintRequest,
  options: TemporaryKeyOptions,
): Region | undefined {
  if (region === 'au' && type === 'rt') {
    throw new AppError('unprocessable', {
      detail: 'region in body should not be au when type in query is rt',
      wireCode: 606,
    });
  }
  if (!options.enforceRegion) return undefined;
  const chosen = region ?? (minter.regions.includes('eu') ? 'eu' : minter.regions[0]);
  if (chosen === undefined || !minter.regions.includes(chosen)) {
    throw new AppError('forbidden', {
      detail: `this workspace is not contracted for the region ${chosen}; contact ${options.supportContact}`,
    });
  }
  return chosen;
}

/** The signature has been verified, so this guards against tokens of other issuers and of other versions of Parley. */
function isClaims(value: unknown, issuer: string): value is TemporaryKeyClaims {
  if (typeof value !== 'object' || value === null) return false;
  const claims = value as Record<string, unknown>;
  const optional = (field: unknown) => field === undefined || (typeof field === 'string' && field !== '');
  return (
    claims.iss === issuer &&
    (claims.aud === 'batch' || claims.aud === 'rt') &&
    typeof claims.sub === 'string' &&
    typeof claims.akid === 'string' &&
    typeof claims.jti === 'string' &&
    claims.nbf === undefined &&
    Number.isSafeInteger(claims.iat) &&
    Number.isSafeInteger(claims.exp) &&
    Number(claims.exp) - Number(claims.iat) <= LONGEST_TTL_SECONDS &&
    optional(claims.client_ref) &&
    (claims.region === undefined || REGIONS.some((region) => region === claims.region))
  );
}
