import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { base62Of, randomBase62 } from '../../base/ids.ts';
import { type Case, numbered } from '../case.ts';
import { all, clientError, fault, refused, refusedOrBad, UNAUTHENTICATED } from '../expect.ts';
import type { Target } from '../target.ts';
import { apiKey } from '../twins.ts';
import { bearer, type Header, JSON_TYPE } from '../wire/client.ts';

/** Well formed, with a good checksum, and nobody's. */
export function unknownKey(prefix: 'ply_' | 'plym_' | 'plyo_' = 'ply_'): string {
  const text = prefix + randomBase62(33);
  return text + base62Of(crc32(text));
}

const lastChanged = (key: string): string => key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a');

/** What follows `Authorization: `, made from the good API key. */
export const AUTHORIZATIONS: Readonly<Record<string, (key: string) => string>> = {
  'an empty header': () => '',
  'Bearer alone': () => 'Bearer',
  'Bearer and a space': () => 'Bearer ',
  'Bearer undefined': () => 'Bearer undefined',
  'Bearer null': () => 'Bearer null',
  'Basic with the key': (key) => `Basic ${key}`,
  'Basic, encoded': (key) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
  'Token with the key': (key) => `Token ${key}`,
  'Digest with the key': (key) => `Digest username="${key}"`,
  'the key alone': (key) => key,
  'no space': (key) => `Bearer${key}`,
  'a colon': (key) => `Bearer: ${key}`,
  'a tab': (key) => `Bearer\t${key}`,
  'a word behind': (key) => `Bearer ${key} x`,
  'the key in quotes': (key) => `Bearer "${key}"`,
  'a byte before the key': (key) => `Bearer \xa0${key}`,
  'the key in lower case': (key) => `Bearer ${key.toLowerCase()}`,
  'the key without its last character': (key) => `Bearer ${key.slice(0, -1)}`,
  'the key with one character more': (key) => `Bearer ${key}A`,
  'the key with its last character changed': (key) => `Bearer ${lastChanged(key)}`,
  'the key with a character changed in the middle': (key) =>
    `Bearer ${key.slice(0, 12)}${key[12] === 'x' ? 'y' : 'x'}${key.slice(13)}`,
  'the key as another kind': (key) => `Bearer ${key.replace('ply_', 'plym_')}`,
  'the key percent-encoded': (key) => `Bearer ${key.replace('_', '%5f')}`,
  'the key as base64': (key) => `Bearer ${Buffer.from(key).toString('base64url')}`,
  'an unknown API key': () => `Bearer ${unknownKey('ply_')}`,
  'an unknown management token': () => `Bearer ${unknownKey('plym_')}`,
  'an unknown operator token': () => `Bearer ${unknownKey('plyo_')}`,
  'an unknown key of another system': () => `Bearer ${randomBase62(32)}`,
  'a key of 5 KB': () => `Bearer ply_${'a'.repeat(5_000)}`,
};

const listWith =
  (...headers: readonly Header[]) =>
  async (target: Target) =>
    refused(target, await target.ask('/v2/jobs', { headers }));

const UNKNOWN_PATHS = [
  '/v2/nope',
  '/v2',
  '/v1/nope',
  '/v1',
  '/v2/jobs/',
  '/v2/jobs/0000000000',
  '/v2/jobs/0000000000/nope',
  '/v2/usage',
  '/v1/operator/nope',
  '/%762/nope',
  '/v%32/nope',
  '/v2/%6eope',
  '/v1/jobs/%zz',
  `/v2/jobs/${'a'.repeat(201)}`,
];

/** T6: every refusal looks the same, whatever was wrong and whatever was asked. */
export const refusals: readonly Case[] = numbered('T6', [
  {
    title: 'no credential: the documented 401',
    attack: async ({ refusal }) =>
      all(
        fault(refusal.status !== 401, `answered ${refusal.status}`),
        fault(refusal.body !== UNAUTHENTICATED, `the body is ${refusal.body.slice(0, 100)}`),
        fault(!/^application\/json/.test(refusal.headers.get('content-type') ?? ''), 'the body is no JSON'),
        fault(refusal.headers.has('www-authenticate'), 'WWW-Authenticate makes browsers ask for a password'),
      ),
    twin: apiKey,
  },
  ...Object.entries(AUTHORIZATIONS).map(([title, value]) => ({
    title: `same 401 for ${title}`,
    attack: (target: Target) => listWith(['Authorization', value(target.apiKey)])(target),
    twin: apiKey,
  })),
  ...UNKNOWN_PATHS.map((path) => ({
    title: `same 401 for ${path.slice(0, 40)} without credential`,
    attack: async (target: Target) => refused(target, await target.ask(path)),
    twin: apiKey,
  })),
]);

const DEFAULTS = [
  'admin',
  'public_token',
  'test',
  'changeme',
  'password',
  'secret',
  'parley',
  'token',
  'master',
  '0',
];

/** T39: no credential that everybody knows. */
export const defaultCredentials: readonly Case[] = numbered('T39', [
  ...DEFAULTS.map((word) => ({
    title: `"${word}" opens nothing`,
    attack: async (target: Target) =>
      all(
        listWith(bearer(word))(target),
        listWith(['Authorization', `Basic ${Buffer.from(`admin:${word}`).toString('base64')}`])(target),
      ),
    twin: apiKey,
  })),
]);

/** T34: what a stolen database or log holds is no credential. */
export const digests: readonly Case[] = numbered(
  'T34',
  (['hex', 'base64', 'base64url'] as const).map((encoding) => ({
    title: `the SHA-256 of the API key as ${encoding} is no key`,
    attack: (target: Target) =>
      listWith(bearer(createHash('sha256').update(target.apiKey).digest(encoding)))(target),
    twin: apiKey,
  })),
);

export const OTHER_PLACES: Readonly<Record<string, (target: Target) => Header>> = {
  'X-Api-Key': ({ apiKey: key }) => ['X-Api-Key', key],
  'Proxy-Authorization': ({ apiKey: key }) => ['Proxy-Authorization', `Bearer ${key}`],
  'X-Authorization': ({ apiKey: key }) => ['X-Authorization', `Bearer ${key}`],
  'X-Original-Authorization': ({ apiKey: key }) => ['X-Original-Authorization', `Bearer ${key}`],
  'a cookie': ({ apiKey: key, keys }) => [
    'Cookie',
    `authorization=Bearer ${key}; jwt=${keys.user123}; session=${key}`,
  ],
  'Sec-WebSocket-Protocol': ({ keys }) => ['Sec-WebSocket-Protocol', `bearer, ${keys.user123}`],
  'the Referer': ({ keys }) => ['Referer', `https://x.example/?jwt=${keys.user123}`],
};

type HeadersOf = (target: Target) => readonly Header[];
export const TWO: Readonly<Record<string, HeadersOf>> = {
  'the good key twice': ({ apiKey: key }) => [bearer(key), bearer(key)],
  'good, then bad': ({ apiKey: key }) => [bearer(key), bearer('none')],
  'bad, then good': ({ apiKey: key }) => [bearer('none'), bearer(key)],
  'two good ones': ({ apiKey: key, keys }) => [bearer(key), ['authorization', `Bearer ${keys.user123}`]],
  'good, then Basic': ({ apiKey: key }) => [bearer(key), ['Authorization', 'Basic YTpi']],
  'good, then empty': ({ apiKey: key }) => [bearer(key), ['Authorization', '']],
  'two joined by a comma': ({ apiKey: key }) => [['Authorization', `Bearer ${key}, Bearer ${key}`]],
  'bad and good joined by a comma': ({ apiKey: key }) => [['Authorization', `Bearer none,Bearer ${key}`]],
  'over two lines (obs-fold)': ({ apiKey: key }) => [['Authorization', `Bearer\r\n ${key}`]],
  'over two lines, bad first': ({ apiKey: key }) => [['Authorization', `Bearer none\r\n ${key}`]],
  'a space before the colon': ({ apiKey: key }) => [['Authorization ', `Bearer ${key}`]],
  'a NUL in the value': ({ apiKey: key }) => [['Authorization', `Bearer ${key}\0`]],
  'an underscore variant besides': () => [['HTTP_AUTHORIZATION', 'Bearer x'], bearer('none')],
  'Connection: Authorization, none given': () => [['Connection', 'close, Authorization']],
  'Connection: Authorization, a bad one': () => [['Connection', 'close, Authorization'], bearer('none')],
};

/** T30: one request, one credential, in one place. */
export const ambiguousCredentials: readonly Case[] = numbered('T30', [
  ...Object.entries(TWO).map(([title, headers]) => ({
    title: `Authorization: ${title}`,
    attack: async (target: Target) =>
      refusedOrBad(target, await target.ask('/v2/jobs', { headers: headers(target) })),
    twin: apiKey,
  })),
  ...Object.entries(OTHER_PLACES).flatMap(([place, header]) => [
    {
      title: `a good key in ${place} alone is none`,
      attack: (target: Target) => listWith(header(target))(target),
      twin: apiKey,
    },
    {
      title: `a good key in ${place} does not mend a bad one`,
      attack: (target: Target) => listWith(bearer('none'), header(target))(target),
      twin: apiKey,
    },
  ]),
]);

const SIGNATURES: Readonly<Record<string, readonly Header[]>> = {
  'without signature': [],
  'with the signature of nobody': [
    ['Github-Public-Key-Identifier', 'unknown'],
    ['Github-Public-Key-Signature', 'MAYCAQACAQA='],
  ],
  'with an empty signature': [
    ['Github-Public-Key-Identifier', ''],
    ['Github-Public-Key-Signature', ''],
  ],
  'with a good key in its place': [['Github-Public-Key-Identifier', 'unknown']],
};

/** T36: nobody revokes keys by a forged report. The key reported is nobody's, in case it is believed. */
export const forgedReports: readonly Case[] = numbered(
  'T36',
  Object.entries(SIGNATURES).map(([title, headers]) => ({
    title: `a report of leaked keys ${title} is not believed`,
    operation: 'POST /v1/secret-scanning/github',
    async attack(target: Target) {
      const body = JSON.stringify([
        { token: unknownKey(), type: 'parley_api_key', url: 'https://x.example' },
      ]);
      const key = headers.length === 1 ? target.apiKey : undefined;
      const request = { method: 'POST', key, headers: [JSON_TYPE, ...headers], body };
      return clientError(await target.ask('/v1/secret-scanning/github', request));
    },
    twin: apiKey,
  })),
);
