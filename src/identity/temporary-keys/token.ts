import { type KeyObject, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';

/** Signature algorithms of RFC 7518 that Parley issues; a token never chooses its own. */
export const ALGORITHMS = ['RS256', 'ES256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** JWS signatures of ES256 are the two numbers side by side (RFC 7518 section 3.4), not DER. */
const SIGNATURE_FORMAT = { dsaEncoding: 'ieee-p1363' } as const;

const signAsync = promisify<string, Buffer, Parameters<typeof sign>[2], Buffer>(sign);

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The first segment of tokens signed by a key. It is compared whole, so it is never parsed. */
export const encodeHeader = (algorithm: Algorithm, kid: string): string =>
  encode({ alg: algorithm, kid, typ: 'JWT' });

/** Signs claims as a JWT (RFC 7519), on a thread of the pool. */
export async function signToken(header: string, privateKey: KeyObject, claims: object): Promise<string> {
  const input = `${header}.${encode(claims)}`;
  const signature = await signAsync('sha256', Buffer.from(input), { key: privateKey, ...SIGNATURE_FORMAT });
  return `${input}.${signature.toString('base64url')}`;
}

export interface TokenParts {
  readonly header: string;
  readonly payload: string;
  /** Header and payload as they were signed. */
  readonly input: string;
  readonly signature: string;
}

const SHAPE = /^(([A-Za-z0-9_-]{10,400})\.([A-Za-z0-9_-]{10,4000}))\.([A-Za-z0-9_-]{40,700})$/;

/** Splits a compact token; `undefined` when it cannot be one of ours. */
export function splitToken(token: string): TokenParts | undefined {
  const [, input, header, payload, signature] = SHAPE.exec(token) ?? [];
  if (!input || !header || !payload || !signature) return undefined;
  return { input, header, payload, signature };
}

/** Whether the key signed this token. */
export function isSignedBy({ input, signature }: TokenParts, publicKey: KeyObject): boolean {
  const bytes = Buffer.from(signature, 'base64url');
  // The last character carries unused bits; one signature has one spelling.
  if (bytes.toString('base64url') !== signature) return false;
  return verify('sha256', Buffer.from(input), { key: publicKey, ...SIGNATURE_FORMAT }, bytes);
}

/** Claims of a payload whose signature has been verified; `undefined` when they are not JSON. */
export function decodePayload(payload: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(payload, 'base64url')));
  } catch {
    return undefined;
  }
}
