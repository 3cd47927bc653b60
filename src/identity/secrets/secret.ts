import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { base62Of, numberOfBase62, randomBase62 } from '../../base/ids.ts';
import type { Pepper } from './pepper.ts';

/** Prefixes of the secrets Parley issues. A loggable id never starts with one of them. */
export const SECRET_PREFIX = {
  'api-key': 'ply_',
  'management-token': 'plym_',
  'operator-token': 'plyo_',
} as const;

export type SecretKind = keyof typeof SECRET_PREFIX;

/** 33 base62 characters carry 196 random bits. */
const RANDOM_LENGTH = 33;
/** Random characters that lists show: 24 of 196 bits. */
const SHOWN_LENGTH = 4;
const SHAPE = /^(ply|plym|plyo)_[0-9A-Za-z]{33}([0-9A-Za-z]{6})$/;
const LONGEST = 'plyo_'.length + RANDOM_LENGTH + 6;

/** A new secret: prefix, random part, checksum over both. It is shown once and never stored. */
export function createSecret(kind: SecretKind): string {
  const text = SECRET_PREFIX[kind] + randomBase62(RANDOM_LENGTH);
  return text + base62Of(crc32(text));
}

/** What an imported key of another system may look like: no dots, so it is never taken for a temporary key. */
const FOREIGN_KEY = /^[0-9A-Za-z_-]{16,128}$/;

export const mayBeForeignKey = (text: string): boolean => FOREIGN_KEY.test(text);

/**
 * SHA-256 of a secret, hexadecimal: what the pepper digests, and what names a secret in this process's memory. 196
 * random bits cannot be guessed from it; a hash presented as a key is refused like any junk.
 */
export const sha256Of = (secret: string): string => hash('sha256', secret);

/** The kind of a well-formed secret; `undefined` for anything else, so that junk costs no look-up. */
export function kindOfSecret(text: string): SecretKind | undefined {
  if (text.length > LONGEST) return undefined;
  const match = SHAPE.exec(text);
  if (!match || numberOfBase62(match[2] ?? '') !== crc32(text.slice(0, -6))) return undefined;
  if (match[1] === 'ply') return 'api-key';
  return match[1] === 'plym' ? 'management-token' : 'operator-token';
}

/** What is kept of a secret: enough to find it when it is presented, and to be recognised by its owner. */
export interface StoredSecret {
  readonly digest: Buffer;
  /** The secret's kind and its first four random characters. */
  readonly prefix: string;
}

export const storedForm = (pepper: Pick<Pepper, 'digest'>, secret: string): StoredSecret => ({
  digest: pepper.digest(sha256Of(secret)),
  prefix: secret.slice(0, secret.indexOf('_') + 1 + SHOWN_LENGTH),
});
