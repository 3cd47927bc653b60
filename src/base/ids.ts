import { randomBytes, randomUUID } from 'node:crypto';

const LOWER = '0123456789abcdefghijklmnopqrstuvwxyz';
const BASE62 = `${LOWER}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

/** Uniform random characters; bytes past the largest multiple of the alphabet are thrown away to avoid bias. */
function randomText(length: number, alphabet: string): string {
  const limit = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}

/** Secret text: each character carries 5.95 random bits. */
export const randomBase62 = (length: number): string => randomText(length, BASE62);

/** A job id: ten lower-case letters and digits, as the official clients' samples show. */
export const newJobId = (): string => randomText(10, LOWER);

/** A request id: 32 hexadecimal digits. Node draws the bits of many UUIDs at once: one by one they would cost 25 µs. */
export const newRequestId = (): string => randomUUID().replaceAll('-', '');

/** An id that may appear in logs; its prefix names the kind and is never that of a secret. */
export const newId = (prefix: 'ws' | 'key' | 'tok' | 'sk' | 'acc' | 'inv' | 'node' | 'store'): string =>
  `${prefix}_${randomText(16, LOWER)}`;

/** An unsigned 32-bit number as six base62 digits. */
export function base62Of(value: number): string {
  let rest = value >>> 0;
  let text = '';
  for (let digit = 0; digit < 6; digit += 1) {
    text = `${BASE62[rest % 62]}${text}`;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** The number that base62 digits stand for. */
export function numberOfBase62(text: string): number {
  let value = 0;
  for (let index = 0; index < text.length; index += 1)
    value = value * 62 + BASE62.indexOf(text.charAt(index));
  return value;
}
