import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';

/**
 * Secret material that lives outside the database: digests of keys cannot be computed, and signing keys cannot be
 * opened, with a copy of the database alone.
 */
export interface Pepper {
  /** HMAC-SHA256 of a secret under the current pepper. */
  digest(secret: string): Buffer;
  /** Digests under the current pepper and the retired ones, in that order. */
  digests(secret: string): Buffer[];
  seal(plain: Buffer): Buffer;
  /** Throws when the text was sealed under a pepper that is no longer in the file, or was altered. */
  unseal(sealed: Uint8Array): Buffer;
}

const LINE = /^[0-9a-f]{64}$/;

/** Reads the file, or makes it (mode 0600) with one new pepper. First line: current. Further lines: retired ones. */
export async function loadPepper(path: string): Promise<Pepper> {
  const created = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  });
  if (created) {
    await created.writeFile(`${randomBytes(32).toString('hex')}\n`);
    await created.sync();
    await created.close();
  }
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  if (lines.length === 0 || !lines.every((line) => LINE.test(line))) {
    throw new Error(`${path} must hold one pepper of 64 hexadecimal digits per line, the current one first`);
  }
  return createPepper(lines.map((line) => Buffer.from(line, 'hex')));
}

/** @param keys 32 bytes each, the current one first. */
export function createPepper(keys: readonly Buffer[]): Pepper {
  const [current] = keys;
  if (!current) throw new TypeError('a pepper needs at least one key');
  const hmac = (key: Buffer, secret: string) => createHmac('sha256', key).update(secret).digest();
  const sealingKeys = keys.map((key) => Buffer.from(hkdfSync('sha256', key, '', 'parley signing keys', 32)));
  return {
    digest: (secret) => hmac(current, secret),
    digests: (secret) => keys.map((key) => hmac(key, secret)),
    seal: (plain) => seal(sealingKeys[0] ?? current, plain),
    unseal(sealed) {
      for (const key of sealingKeys) {
        const plain = unseal(key, sealed);
        if (plain) return plain;
      }
      throw new Error('a signing key was sealed under a pepper that is not in the pepper file');
    },
  };
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
