import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Case, type CaseRow, numbered } from '../case.ts';
import { refused, status } from '../expect.ts';
import type { Target } from '../target.ts';
import { genuineKey } from '../twins.ts';

type Json = Readonly<Record<string, unknown>>;
type Forge = (target: Target) => string;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (segment: string): Json => JSON.parse(Buffer.from(segment, 'base64url').toString());

/** The genuine token of USER123 in its three segments. */
const parts = ({ keys }: Target) =>
  keys.user123.split('.') as [header: string, payload: string, signature: string];

let attacker: ReturnType<typeof generateKeyPairSync> | undefined;
const ownKeys = () => {
  attacker ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
  return attacker;
};

/** Signed with the attacker's own RSA key. */
export const signedByAttacker = (target: Target, header: Json): string => {
  const [real, payload] = parts(target);
  const input = `${encode({ ...decode(real), ...header })}.${payload}`;
  return `${input}.${sign('sha256', Buffer.from(input), ownKeys().privateKey as KeyObject).toString('base64url')}`;
};

export const attackerJwk = () => (ownKeys().publicKey as KeyObject).export({ format: 'jwk' });

/** The genuine token with another header, under a signature that is given or made over it. */
const withHeader =
  (
    header: Json,
    signature: (input: string, target: Target) => string = (_, target) => parts(target)[2],
  ): Forge =>
  (target) => {
    const [real, payload] = parts(target);
    const input = `${encode({ ...decode(real), ...header })}.${payload}`;
    return `${input}.${signature(input, target)}`;
  };

/** The genuine token with another payload under the old signature. */
const withPayload =
  (change: (claims: Json) => Json | string): Forge =>
  (target) => {
    const [header, payload, signature] = parts(target);
    const changed = change(decode(payload));
    const text = typeof changed === 'string' ? changed : JSON.stringify(changed);
    return `${header}.${Buffer.from(text).toString('base64url')}.${signature}`;
  };

const withClaim = (name: string, value: unknown): Forge =>
  withPayload((claims) => ({ ...claims, [name]: value }));

const withSignature =
  (make: (signature: string) => string): Forge =>
  (target) => {
    const [header, payload, signature] = parts(target);
    return `${header}.${payload}.${make(signature)}`;
  };

const SECRETS: Readonly<Record<string, (key: KeyObject, jwk: Target['jwk']) => string | Buffer>> = {
  'the PEM': (key) => key.export({ format: 'pem', type: 'spki' }),
  'the PEM without its last newline': (key) => key.export({ format: 'pem', type: 'spki' }).toString().trim(),
  'the DER': (key) => key.export({ format: 'der', type: 'spki' }),
  'the JWK': (_, jwk) => JSON.stringify(jwk),
  'the first number as text': (_, jwk) => jwk.n ?? jwk.x ?? '',
  'the first number': (_, jwk) => Buffer.from(jwk.n ?? jwk.x ?? '', 'base64url'),
  'the kid': (_, jwk) => jwk.kid ?? '',
  nothing: () => '',
};

const hmac = (alg: string, secret: keyof typeof SECRETS): Forge =>
  withHeader({ alg }, (input, { jwk }) => {
    const key = SECRETS[secret]?.(createPublicKey({ key: jwk, format: 'jwk' }), jwk) ?? '';
    return createHmac(alg.replace('HS', 'sha'), key).update(input).digest('base64url');
  });

const ALGORITHMS: Readonly<Record<string, Forge>> = {
  ...Object.fromEntries(
    ['none', 'None', 'NONE', 'nOnE', '', 'null'].flatMap((alg) => [
      [`alg "${alg}" without signature`, withHeader({ alg }, () => '')],
      [`alg "${alg}" with the signature`, withHeader({ alg })],
    ]),
  ),
  ...Object.fromEntries(
    ['HS256', 'HS384', 'HS512'].flatMap((alg) =>
      Object.keys(SECRETS).map((secret) => [
        `${alg} with ${secret} of the public key as secret`,
        hmac(alg, secret),
      ]),
    ),
  ),
  ...Object.fromEntries(
    ['RS384', 'RS512', 'PS256', 'PS384', 'ES384', 'EdDSA', 'rs256', 'es256', 'RS1', 'dir'].map((alg) => [
      `alg ${alg} with the signature`,
      withHeader({ alg }),
    ]),
  ),
  'alg null': withHeader({ alg: null }),
  'alg in a list': withHeader({ alg: ['RS256'] }),
  'ES256 with r = s = 0': withHeader({ alg: 'ES256' }, () => Buffer.alloc(64).toString('base64url')),
  'ES256 with r = s = 0 in DER': withHeader({ alg: 'ES256' }, () =>
    Buffer.from('3006020100020100', 'hex').toString('base64url'),
  ),
  'an attacker’s RSA key': (target) => signedByAttacker(target, {}),
  'crit and b64': withHeader({ b64: false, crit: ['b64'] }),
  'crit of something unknown': withHeader({ crit: ['exp'] }),
  'zip and cty': withHeader({ zip: 'DEF', cty: 'JWT' }),
  'a header of 12 KB': withHeader({ x: 'y'.repeat(9_000) }),
  'duplicate alg': (target) => {
    const [header, payload, signature] = parts(target);
    const text = Buffer.from(header, 'base64url').toString().replace('{', '{"alg":"none",');
    return `${Buffer.from(text).toString('base64url')}.${payload}.${signature}`;
  },
  'white space in the header': (target) => {
    const [header, payload, signature] = parts(target);
    return `${encode(decode(header)).slice(0, -1)}.${payload}.${signature}`;
  },
};

const SHAPES: Readonly<Record<string, Forge>> = {
  'an empty signature': withSignature(() => ''),
  'a signature of zeros': withSignature((text) => 'A'.repeat(text.length)),
  'a signature of ones': withSignature((text) =>
    Buffer.alloc(Buffer.from(text, 'base64url').length, 0xff).toString('base64url'),
  ),
  'a signature of one byte more': withSignature((text) => `${text}AA`),
  'a signature cut short': withSignature((text) => text.slice(0, -4)),
  'a signature with its first character changed': withSignature(
    (text) => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`,
  ),
  'a signature with its last bits respelt': withSignature(
    (text) => text.slice(0, -1) + respelt(text.slice(-1)),
  ),
  'a signature in standard base64': withSignature((text) =>
    Buffer.from(text, 'base64url').toString('base64'),
  ),
  'padding behind the signature': withSignature((text) => `${text}==`),
  'a segment missing': (target) => parts(target).slice(0, 2).join('.'),
  'a segment more': (target) => `${target.keys.user123}.${parts(target)[2]}`,
  'five segments (JWE)': () => `${encode({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`,
  'five segments of the token': (target) => `${target.keys.user123}.${parts(target)[1]}.${parts(target)[2]}`,
  'the JSON serialisation (RFC 7515)': (target) => {
    const [header, payload, signature] = parts(target);
    return JSON.stringify({ protected: header, payload, signature });
  },
  'an empty payload': (target) => `${parts(target)[0]}..${parts(target)[2]}`,
  'an empty header': (target) => `.${parts(target)[1]}.${parts(target)[2]}`,
  'the dots alone': () => '..',
  'a token inside a token': withPayload(() => 'a'),
  'the payload of a real-time key under this signature': (target) => {
    const [header, , signature] = parts(target);
    return `${header}.${target.keys.rt.split('.')[1]}.${signature}`;
  },
  'dots, 4,000 of them': () => '.'.repeat(4_000),
  'a token of 12 KB': () => 'A'.repeat(12_000),
};

/** The same bytes with another last character: base64url leaves bits unused. */
function respelt(last: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(last) ^ 1] ?? '';
}

const CLAIMS: Readonly<Record<string, Forge>> = {
  ...Object.fromEntries(
    Object.entries({
      exp: 4_102_444_800,
      iat: 0,
      aud: 'rt',
      iss: 'https://mp.example.org',
      sub: '2147483647',
      akid: 'key_0000000000000000',
      jti: 'another',
      client_ref: 'USER456',
      region: 'usa',
      scope: 'admin',
      lim: {},
    }).map(([name, value]) => [`another ${name} under the old signature`, withClaim(name, value)]),
  ),
  'no client_ref under the old signature': withPayload(({ client_ref: _, ...rest }) => rest),
  'duplicate client_ref under the old signature': withPayload((claims) =>
    JSON.stringify(claims).replace('{', '{"client_ref":"USER456",'),
  ),
  'a space in the payload': withPayload((claims) => `${JSON.stringify(claims)} `),
};

export const FORGED: Readonly<Record<string, Forge>> = { ...ALGORITHMS, ...SHAPES, ...CLAIMS };

const HUGE: CaseRow = {
  title: 'a token of 1 MB is refused before it has been read',
  attack: async (target) =>
    status(await target.ask('/v2/jobs', { key: 'A'.repeat(1_000_000) }), 400, 401, 413, 431),
  twin: genuineKey,
};

/** T1: tokens that were not signed as the server signs. */
export const forgedTokens: readonly Case[] = numbered('T1', [
  ...Object.entries(FORGED).map(([title, forge]) => ({
    title: `forged token: ${title}`,
    attack: async (target: Target) => refused(target, await target.ask('/v2/jobs', { key: forge(target) })),
    twin: genuineKey,
  })),
  HUGE,
]);
