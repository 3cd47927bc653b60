import { hash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../base/clock.ts';
import { isDatabaseAway } from '../../db/server.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Topology } from '../../regions/topology.ts';
import type { ProjectPrincipal } from '../principal.ts';
import { readClaims, type SignedClaims, type TemporaryKeyClaims } from './claims.ts';
import { judgeMint, type MintRequest } from './mint-request.ts';
import type { FindKey, SigningKeys } from './signing-key.ts';
import { decodePayload, isSignedBy, signToken, splitToken } from './token.ts';

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
  /** The API key that minted a token `verify` has found genuine, also one whose time is over. */
  minterOf(token: string): string | undefined;
}

export interface TemporaryKeyOptions {
  readonly issuer: string;
  readonly enforceRegion: boolean;
  readonly supportContact: string;
}

interface Deps {
  readonly signingKeys: SigningKeys;
  readonly topology: Pick<Topology, 'environmentsOf' | 'regions'>;
  readonly clock: Clock;
  readonly options: TemporaryKeyOptions;
}

interface Remembered {
  readonly header: string;
  readonly claims: TemporaryKeyClaims;
}

const REMEMBERED = 20_000;
/** A minting node's clock may be ahead by this much; there is no leeway on `exp`. */
const IAT_LEEWAY_SECONDS = 5;

const digestOf = (token: string): string => hash('sha256', token, 'base64');

export function createTemporaryKeys({ signingKeys, topology, clock, options }: Deps): TemporaryKeys {
  const remembered = new LRUCache<string, Remembered>({ max: REMEMBERED });

  function verifyCold(token: string, digest: string, find: FindKey): TemporaryKeyClaims | Refusal {
    const parts = splitToken(token);
    if (!parts) return 'malformed';
    const key = find(parts.header);
    if (!key) return 'unknown';
    if (!isSignedBy(parts, key.publicKey)) return 'bad_signature';
    const claims = readClaims(decodePayload(parts.payload), {
      signedBy: key.kid,
      issuer: options.issuer,
      regions: topology.regions,
    });
    if (!claims) return 'bad_claims';
    remembered.set(digest, { header: parts.header, claims });
    return claims;
  }

  /** Without a database, keys of unknown age: whether that may be is then the policy of the API key. */
  const freshKeys = (): Promise<FindKey> =>
    signingKeys.refresh().catch((error: unknown) => {
      if (isDatabaseAway(error)) return signingKeys.findHeld;
      throw error;
    });

  const timely = (claims: TemporaryKeyClaims | Refusal): TemporaryKeyClaims | Refusal => {
    if (typeof claims === 'string') return claims;
    const nowSeconds = clock.now() / 1_000;
    if (claims.exp <= nowSeconds) return 'expired';
    return claims.iat > nowSeconds + IAT_LEEWAY_SECONDS ? 'not_yet_valid' : claims;
  };

  return {
    async mint(minter, request) {
      const reach = judgeMint(minter, request, { ...options, topology });
      const { header, privateKey } = signingKeys.current();
      const iat = Math.floor(clock.now() / 1_000);
      const clientRef = request.type === 'batch' ? (minter.clientRef ?? request.clientRef) : minter.clientRef;
      const claims: SignedClaims = {
        iss: options.issuer,
        aud: request.type,
        sub: String(minter.projectId),
        akid: minter.keyId,
        jti: randomUUID(),
        iat,
        exp: iat + request.ttlSeconds,
        ...(clientRef !== undefined && { client_ref: clientRef }),
        ...reach,
        ...(request.limits && Object.keys(request.limits).length > 0 && { lim: request.limits }),
      };
      const token = await signToken(header, privateKey, claims);
      if (splitToken(token)) return token;
      throw new AppError('unprocessable', {
        detail: 'limits in body should be shorter: they do not fit into a key',
      });
    },
    verify(token) {
      const digest = digestOf(token);
      const known = remembered.get(digest);
      // A signing key that was removed takes its tokens with it.
      if (known && signingKeys.find(known.header)) return timely(known.claims);
      const claims = verifyCold(token, digest, signingKeys.find);
      if (claims !== 'unknown') return timely(claims);
      return freshKeys().then((find) => timely(verifyCold(token, digest, find)));
    },
    minterOf: (token) => remembered.get(digestOf(token))?.claims.akid,
  };
}
