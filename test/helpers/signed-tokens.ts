import { sign } from 'node:crypto';
import path from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import type { Database } from '../../src/db/database.ts';
import { createChange } from '../../src/identity/audit/change.ts';
import { startNode } from '../../src/identity/nodes/node.ts';
import { loadPepper } from '../../src/identity/secrets/pepper.ts';
import { createSigningKeys } from '../../src/identity/temporary-keys/signing-key.ts';

/** Makes tokens with the server's own signing key: what only a thief of database and pepper can do. */
export interface Forge {
  /** Of the genuine token it begins with. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** @param payload in base64url */
  signed(payload: string): string;
  /** The genuine claims with others in their place; those `undefined` are left out. */
  withClaims(change: Readonly<Record<string, unknown>>): string;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function stealSigningKey(database: Database, dataDir: string, token: string): Promise<Forge> {
  const pepper = await loadPepper(path.join(dataDir, 'pepper'));
  const change = createChange(database.sql, pepper);
  const options = { algorithm: 'RS256', maxTtlSeconds: 3_600, regions: ['eu'], makesFirst: false } as const;
  const node = await startNode(database, { environments: [], roles: [], leaseMs: 5_000 });
  const { header, privateKey } = (
    await createSigningKeys({ sql: database.sql, pepper, change, node, clock: systemClock, options })
  ).current();
  // One that lives would take half of the server's rates.
  await node.stop();
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const signed = (payload: string) => {
    const input = `${header}.${payload}`;
    return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
  };
  return { claims, signed, withClaims: (other) => signed(encode({ ...claims, ...other })) };
}

const now = (): number => Math.floor(Date.now() / 1_000);
const having =
  (change: () => Readonly<Record<string, unknown>>) =>
  (forge: Forge): string =>
    forge.withClaims(change());
const over = (payload: Uint8Array | string) => (forge: Forge) =>
  forge.signed(Buffer.from(payload as string).toString('base64url'));

/** Tokens that are refused though their signature is genuine. */
export const BAD_CLAIMS: Readonly<Record<string, (forge: Forge) => string>> = {
  ...Object.fromEntries(
    ['iss', 'aud', 'sub', 'akid', 'jti', 'iat', 'exp'].map((name) => [
      `without ${name}`,
      having(() => ({ [name]: undefined })),
    ]),
  ),
  'expired a minute ago': having(() => ({ iat: now() - 120, exp: now() - 60 })),
  'expiring this second': having(() => ({ iat: now() - 60, exp: now() })),
  'exp as text': having(() => ({ exp: String(now() + 60) })),
  'exp not whole': having(() => ({ exp: now() + 60.5 })),
  'exp 1e99': having(() => ({ exp: 1e99 })),
  'exp negative': having(() => ({ exp: -1 })),
  'exp null': having(() => ({ exp: null })),
  'iat in a minute': having(() => ({ iat: now() + 60, exp: now() + 120 })),
  'iat as text': having(() => ({ iat: String(now()) })),
  'nbf in a minute': having(() => ({ nbf: now() + 60 })),
  'of another issuer': having(() => ({ iss: 'https://mp.example.org' })),
  'of an issuer in a list': (forge) => forge.withClaims({ iss: [forge.claims.iss] }),
  'for tts': having(() => ({ aud: 'tts' })),
  'for a list of products': (forge) => forge.withClaims({ aud: [forge.claims.aud] }),
  'for batch and rt': having(() => ({ aud: 'batch rt' })),
  'of an unknown API key': having(() => ({ akid: 'key_0000000000000000' })),
  'of an API key as number': having(() => ({ akid: 1 })),
  'of an API key by SQL': having(() => ({ akid: "' or true --" })),
  'of a project as number': having(() => ({ sub: 1 })),
  'of a project that is not the minting key’s': having(() => ({ sub: '999999' })),
  'client_ref empty': having(() => ({ client_ref: '' })),
  'client_ref in a list': having(() => ({ client_ref: ['USER123'] })),
  'client_ref null': having(() => ({ client_ref: null })),
  'for a region that is none': having(() => ({ region: 'mars' })),
  'with a limit nobody knows': having(() => ({ lim: { max_words: 1 } })),
  'living longer than any may': having(() => ({ exp: now() + 10 * 365 * 86_400 })),
  'over null': over('null'),
  'over a list': over('[1,2,3,4,5]'),
  'over text': over('"a payload of text"'),
  'over what is not JSON': over('{this is not JSON}'),
  'over no UTF-8': over(Buffer.alloc(30, 0xff)),
};
