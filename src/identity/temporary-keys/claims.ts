import type { Product, Region } from '../../regions/topology.ts';
import { isLimitsClaim, type LimitsClaim, limitsOfClaims, type TokenLimits } from './limits.ts';

/** What is signed; `exp - iat` is the requested ttl exactly. */
export interface SignedClaims {
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
  readonly lim?: LimitsClaim;
  /** The environment the key is bound to. */
  readonly env?: string;
}

/** What a temporary key says; its `client_ref` is that of the limits where there is no other. */
export interface TemporaryKeyClaims extends SignedClaims {
  /** The id of the signing key. */
  readonly signedBy: string;
  /** `lim` and `env`, ready for use. */
  readonly limits?: TokenLimits;
}

/** What the claims of this installation are about. */
interface ExpectedClaims {
  readonly signedBy: string;
  readonly issuer: string;
  readonly regions: readonly Region[];
}

const LONGEST_TTL_SECONDS = 86_400;

/**
 * The claims of a payload, or `undefined`. The signature has been verified, so this guards against tokens of other
 * issuers and of other versions of Parley.
 */
export function readClaims(payload: unknown, expected: ExpectedClaims): TemporaryKeyClaims | undefined {
  if (!isSignedClaims(payload, expected)) return undefined;
  const { signedBy } = expected;
  if (payload.lim === undefined && payload.env === undefined) return { ...payload, signedBy };
  const clientRef = payload.client_ref ?? payload.lim?.client_ref;
  return {
    ...payload,
    signedBy,
    ...(clientRef !== undefined && { client_ref: clientRef }),
    limits: limitsOfClaims(payload.lim, payload.env),
  };
}

function isSignedClaims(value: unknown, { issuer, regions }: ExpectedClaims): value is SignedClaims {
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
    optional(claims.env) &&
    (claims.lim === undefined || isLimitsClaim(claims.lim)) &&
    (claims.region === undefined || regions.some((region) => region === claims.region))
  );
}
