import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  randomUUID,
  timingSafeEqual,
} from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sync } from '../../base/sync.ts';

/**
 * Secret material that lives outside the database: digests of keys cannot be computed, and signing keys cannot be
 * opened, with a copy of the database alone.
 */
export interface Pepper {
  /** HMAC-SHA256, under the current pepper, of a secret's SHA-256 (hexadecimal): what is stored of a key. */
  digest(sha256: string): Buffer;
  /** Digests under the current pepper and the retired ones, in that order. */
  digests(sha256: string): Buffer[];
  /** Authenticates an entry of the audit log and all before it. */
  mac(previous: Uint8Array, text: string): Buffer;
  /** Whether `mac` made this value, under the current pepper or a retired one. */
  isMac(mac: Uint8Array, previous: Uint8Array, text: string): boolean;
  /** Signs text for one purpose; what is signed for another does not fit. */
  signer(purpose: string): Signer;
  /** Encrypts for one purpose; what is sealed for another cannot be opened. */
  sealer(purpose: string): Sealer;
}

/** Authenticated encryption (AES-256-GCM). */
export interface Sealer {
  seal(plain: Buffer): Buffer;
  /** Throws when the text was sealed under a pepper that is no longer in the file, or was altered. */
  unseal(sealed: Uint8Array): Buffer;
}

/** HMAC-SHA256 signatures as base64url, in the one spelling that `sign` writes. */
export interface Signer {
  sign(text: string): string;
  /** Whether `sign` made the signature, under the current pepper or a retired one. */
  verify(text: string, signature: string): boolean;
}

/** 32 bytes in hexadecimal digits. */
const LINE = /^[0-9a-f]{64}$/;

/** Reads the file, or makes it (mode 0600) with one new pepper. First line: current. Further lines: retired ones. */
export async function loadPepper(path: string): Promise<Pepper> {
  const lines = linesOf(await readOrMake(path), path);
  return createPepper(lines.map((line) => Buffer.from(line, 'hex')));
}

/** The peppers of a file's text. Throws when there is none, or anything else. */
export function linesOf(text: string, path: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  if (lines.length === 0 || !lines.every((line) => LINE.test(line))) {
    throw new Error(`${path} must hold one pepper of 64 hexadecimal digits per line, the current one first`);
  }
  return lines;
}

export const newPepperLine = (): string => randomBytes(32).toString('hex');

/** Several processes may come for the first time at once, and any may die: the file is there whole or not at all. */
async function readOrMake(path: string): Promise<string> {
  const found = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found !== undefined) return found;
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${newPepperLine()}\n`);
    await file.sync();
    await link(temporary, path);
    await sync(dirname(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await file.close();
    await rm(temporary);
  }
  return readFile(path, 'utf8');
}

/** @param keys 32 bytes each, the current one first. */
export function createPepper(keys: readonly Buffer[]): Pepper {
  const [current] = keys;
  if (!current) throw new TypeError('a pepper needs at least one key');
  const derive = (purpose: string) =>
    keys.map((key) => Buffer.from(hkdfSync('sha256', key, '', purpose, 32)));
  const hmac = (key: Buffer, ...parts: (string | Uint8Array)[]) =>
    parts.reduce((mac, part) => mac.update(part), createHmac('sha256', key)).digest();
  const auditKeys = derive('parley audit log');
  return {
    digest: (sha256) => hmac(current, sha256),
    digests: (sha256) => keys.map((key) => hmac(key, sha256)),
    mac: (previous, text) => hmac(auditKeys[0] ?? current, previous, text),
    isMac: (mac, previous, text) => auditKeys.some((key) => hmac(key, previous, text).equals(mac)),
    signer(purpose) {
      const signingKeys = derive(purpose);
      const sign = (key: Buffer, text: string) => hmac(key, text).toString('base64url');
      return {
        sign: (text) => sign(signingKeys[0] ?? current, text),
        verify: (text, signature) => signingKeys.some((key) => isSame(sign(key, text), signature)),
      };
    },
    sealer(purpose) {
      const sealingKeys = derive(purpose);
      return {
        seal: (plain) => seal(sealingKeys[0] ?? current, plain),
        unseal(sealed) {
          for (const key of sealingKeys) {
            const plain = unseal(key, sealed);
            if (plain) return plain;
          }
          throw new Error('a secret was sealed under a pepper that is not in the pepper file');
        },
      };
    },
  };
}

function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

function seal(key: Buffer, plain: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

function unseal(key: Buffer, sealed: Uint8Array): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES));
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}
