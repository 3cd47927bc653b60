import { type Claims, claimsOf } from '../claims.ts';

/** What a text looks like. Nothing of it is sent anywhere for that. */
export type Decoded =
  | { readonly kind: 'temporary-key'; readonly claims: Claims; readonly payload: object }
  | { readonly kind: 'foreign-token' | 'api-key' | 'management-token' | 'operator-token' }
  | { readonly kind: 'foreign-key' | 'unreadable' };

const SECRET = /^(ply|plym|plyo)_[0-9A-Za-z]{39}$/;
const SECRET_KINDS = { ply: 'api-key', plym: 'management-token', plyo: 'operator-token' } as const;
const FOREIGN_KEY = /^[0-9A-Za-z_-]{16,128}$/;

/** The key in a text that was pasted, perhaps with the header it was in. */
export const keyIn = (text: string): string =>
  text
    .trim()
    .replace(/^(?:authorization:\s*)?bearer\s+/i, '')
    .replace(/^["']|["']$/g, '')
    .replace(/\s+/g, '');

export function decode(key: string): Decoded {
  const prefix = SECRET.exec(key)?.[1];
  if (prefix === 'ply' || prefix === 'plym' || prefix === 'plyo') return { kind: SECRET_KINDS[prefix] };
  const payload = payloadOf(key);
  if (typeof payload === 'object' && payload !== null) {
    const claims = claimsOf(payload);
    return claims === undefined ? { kind: 'foreign-token' } : { kind: 'temporary-key', claims, payload };
  }
  return { kind: FOREIGN_KEY.test(key) && !/^ply[mo]?_/.test(key) ? 'foreign-key' : 'unreadable' };
}

/** The second part of a JWT, parsed; undefined where it is none. */
export function payloadOf(token: string): unknown {
  const parts = token.split('.');
  const [, payload] = parts;
  if (parts.length !== 3 || payload === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(
      atob(payload.replaceAll('-', '+').replaceAll('_', '/')),
      (character) => character.codePointAt(0) ?? 0,
    );
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
