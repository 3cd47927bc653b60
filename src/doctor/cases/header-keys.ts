import { type Case, numbered } from '../case.ts';
import { all, fault, refused } from '../expect.ts';
import type { Target } from '../target.ts';
import { genuineKey } from '../twins.ts';
import { attackerJwk, signedByAttacker } from './forged-tokens.ts';

/** Header members that name a key; `url` leads to the trap. */
export const KEYED_HEADERS: Readonly<Record<string, (url: string) => object>> = {
  'jwk with the attacker’s key': () => ({ jwk: attackerJwk() }),
  'jwk and no kid': () => ({ jwk: attackerJwk(), kid: undefined }),
  'jku with a URL': (url) => ({ jku: url }),
  'jku and no kid': (url) => ({ jku: url, kid: undefined }),
  'jku behind a fragment': (url) => ({ jku: `${url}#.well-known/jwks.json` }),
  'x5u with a URL': (url) => ({ x5u: url }),
  'x5c with a certificate': () => ({ x5c: ['MIIB'] }),
  'x5t with a URL': (url) => ({ x5t: url }),
  'iss with a URL': (url) => ({ iss: url }),
  'kid with a URL': (url) => ({ kid: url }),
  ...Object.fromEntries(
    [
      '../../../../dev/null',
      '/dev/null',
      'file:///etc/passwd',
      "' or 1=1 --",
      "x' union select 'a",
      '__proto__',
      'constructor',
      'toString',
      '',
      '%00',
      'sk_0000000000000000',
      'k'.repeat(200),
      null,
      0,
      true,
      ['sk_a'],
      { $ne: '' },
    ].map((kid) => [`kid ${JSON.stringify(kid).slice(0, 30)}`, () => ({ kid })]),
  ),
};

/** T2: keys that the token itself would choose. A server that fetched one would have done so before it answered. */
export const headerKeys: readonly Case[] = numbered(
  'T2',
  Object.entries(KEYED_HEADERS).map(([title, headerOf], index) => ({
    title: `token with ${title}`,
    async attack(target: Target) {
      const path = `/key-${index}`;
      const header = headerOf(`http://127.0.0.1:${target.trap.port}${path}`);
      const answer = await target.ask('/v2/jobs', { key: signedByAttacker(target, { ...header }) });
      return all(
        refused(target, answer),
        fault(target.trap.visits.includes(path), 'the server fetched a key that the token named'),
      );
    },
    twin: genuineKey,
  })),
);
