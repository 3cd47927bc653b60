import { gzipSync } from 'node:zlib';
import { type Case, type CaseRow, numbered } from '../case.ts';
import { all, fault, forbidden, noKey, status } from '../expect.ts';
import type { Target, Verdict } from '../target.ts';
import { mints, mintsAt } from '../twins.ts';
import { type Header, JSON_TYPE } from '../wire/client.ts';

interface Attempt {
  readonly body: string | Uint8Array;
  readonly path?: string;
  readonly headers?: readonly Header[];
}

const attempt = (
  target: Target,
  { body, path = '/v1/api_keys?type=batch', headers = [JSON_TYPE] }: Attempt,
) => target.ask(path, { method: 'POST', key: target.apiKey, headers, body });

/** Refused with the documented sentence where there is one, and no key in the answer. */
const mintsNothing =
  (what: Attempt, message?: RegExp) =>
  async (target: Target): Promise<Verdict> => {
    const answer = await attempt(target, what);
    const said = /"message":"((?:[^"\\]|\\.)*)"/.exec(answer.body)?.[1] ?? '';
    return all(
      noKey(answer),
      message
        ? [
            ...status(answer, 422),
            ...fault(!message.test(said), `the sentence is "${said}", documented is ${message.source}`),
          ]
        : status(answer, 400, 403, 413, 422),
    );
  };

const WHOLE = /^ttl in body must be of type integer$/;
const SHORT = /^ttl in body should be greater than or equal to 60$/;
const LONG = /^ttl in body should be less than or equal to \d+$/;
const REQUIRED = /^ttl in body is required$/;

const TTLS: Readonly<Record<string, RegExp>> = {
  '59': SHORT,
  '0': SHORT,
  '-60': SHORT,
  '-0': SHORT,
  '86401': LONG,
  '9999999999': LONG,
  '99999999999999999999999': LONG,
  '"60"': WHOLE,
  '""': WHOLE,
  '60.5': WHOLE,
  true: WHOLE,
  false: WHOLE,
  null: WHOLE,
  '1e309': WHOLE,
  '[60]': WHOLE,
  '[]': WHOLE,
  '{"valueOf":60}': WHOLE,
  '{}': WHOLE,
  '60,"ttl":86401': LONG,
  '60,"ttl":"60"': WHOLE,
};

const TYPES = [
  'tts',
  'flow',
  'BATCH',
  'RT',
  '',
  'batch%00',
  'batch,rt',
  '%20batch',
  'batch%20',
  '__proto__',
  'admin',
];
const TYPE = /^type in query should be one of \[batch rt.*\]$/;

const REGIONS = ['"mars"', '"EU"', '"eu "', '""', 'null', '1', 'true', '["eu"]', '{"eu":1}', '"eu,usa"'];
const REGION = /^region in body should be one of \[eu usa au\]$|^region in body must be of type string$/;

/** Bodies that are no wish for a key. */
const BODIES: Readonly<Record<string, string | Uint8Array>> = {
  'a list': '[]',
  'a list with a wish': '[{"ttl":60}]',
  text: '"ttl"',
  'a number': '60',
  true: 'true',
  'not JSON': '{ttl:60}',
  'JSON cut off': '{"ttl":60',
  'two values': '{"ttl":60}{"ttl":60}',
  'a comment': '{"ttl":60}//',
  'single quotes': "{'ttl':60}",
  'a form': 'ttl=60&client_ref=USER123',
  XML: '<ttl>60</ttl>',
  __proto__: '{"ttl":60,"__proto__":{"client_ref":"x"}}',
  '__proto__ with a ttl': '{"__proto__":{"ttl":60}}',
  '__proto__, escaped': '{"ttl":60,"\\u005f\\u005fproto__":{"admin":true}}',
  'constructor.prototype': '{"ttl":60,"constructor":{"prototype":{"client_ref":"x"}}}',
  'a NUL behind': '{"ttl":60}\0',
  'not UTF-8': Buffer.concat([
    Buffer.from('{"ttl":60,"client_ref":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"'),
  ]),
  'UTF-16': Buffer.from('{"ttl":60}', 'utf16le'),
  '10,000 levels': `{"ttl":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
};

/** Members that a careless server takes over into the key. */
const MEMBERS: Readonly<Record<string, string>> = {
  scopes: '["admin"]',
  scope: '"admin"',
  permissions: '["api-keys:create"]',
  akid: '"key_x"',
  sub: '"1"',
  aud: '"rt"',
  iss: '"x"',
  exp: '4102444800',
  iat: '0',
  jti: '"x"',
  lim: '{}',
  env: '"EU1"',
  type: '"rt"',
  user_id: '1',
  userId: '1',
  workspace_id: '"ws_x"',
  key_id: '"key_x"',
  customer_type: '"enterprise"',
  admin: 'true',
  TTL: '60',
  'client_ref ': '"x"',
  clientRef: '"x"',
};

const REFS: Readonly<Record<string, string>> = {
  'a list': '["USER123"]',
  'an object': '{"$ne":null}',
  'a number': '1',
  'a boolean': 'true',
  null: 'null',
  empty: '""',
  '257 characters': `"${'a'.repeat(257)}"`,
  '10 KB': `"${'a'.repeat(10_240)}"`,
  'one letter with 4,000 accents': `"a${'\u0301'.repeat(4_000)}"`,
  'a newline': '"a\\nb"',
  'a carriage return and newline': '"a\\r\\nSet-Cookie: x"',
  'an escape character': '"a\\u001b[31m"',
  'a NUL behind': '"USER123\\u0000"',
  'a NUL before': '"\\u0000USER123"',
  DEL: '"a\\u007f"',
  'half a surrogate pair': '"\\ud800"',
  'the other half': '"USER\\udfff"',
  'halves in the wrong order': '"\\udc00\\ud800"',
  'given twice, the last a list': '"USER123","client_ref":["USER456"]',
};

const LIMITS: Readonly<Record<string, string>> = {
  'max_sessions 0': '{"max_sessions":0}',
  'max_sessions -1': '{"max_sessions":-1}',
  'max_sessions as text': '{"max_sessions":"1"}',
  'max_sessions 1e99': '{"max_sessions":1e99}',
  'max_concurrent null': '{"max_concurrent":null}',
  'audio_seconds 0.5': '{"audio_seconds":0.5}',
  'an unknown limit': '{"max_jobs":1}',
  'a list': '[]',
  text: '"none"',
  null: 'null',
  'no origin at all': '{"origins":[]}',
  'the origin *': '{"origins":["*"]}',
  'the origin null': '{"origins":["null"]}',
  'an origin with a path': '{"origins":["https://app.example/"]}',
  'an origin with a wildcard': '{"origins":["https://*.example"]}',
  'no range at all': '{"cidrs":[]}',
  'a range that is none': '{"cidrs":["anywhere"]}',
  'a range of 33 bits': '{"cidrs":["10.0.0.0/33"]}',
  'a range with a zone': '{"cidrs":["fe80::1%eth0"]}',
  'a lock of __proto__': '{"lock":{"__proto__":{"x":1}}}',
  'a lock of an object': '{"lock":{"language":{"$ne":""}}}',
};

const refuses = (title: string, what: Attempt, message?: RegExp): CaseRow => ({
  title: `mints nothing: ${title}`,
  attack: mintsNothing(what, message),
  twin: mints,
});
const withMember = (name: string, json: string) => `{"ttl":60,${JSON.stringify(name)}:${json}}`;

/** T12: a key is minted for what is documented, and for nothing that merely looks like it. */
export const minting: readonly Case[] = numbered('T12', [
  refuses('no ttl', { body: '{}' }, REQUIRED),
  refuses('no body', { body: '' }, REQUIRED),
  refuses('white space', { body: ' \r\n\t' }, REQUIRED),
  ...Object.entries(TTLS).map(([ttl, message]) => refuses(`ttl ${ttl}`, { body: `{"ttl":${ttl}}` }, message)),
  ...TYPES.map((type) =>
    refuses(`type ${type || '(empty)'}`, { body: '{"ttl":60}', path: `/v1/api_keys?type=${type}` }, TYPE),
  ),
  ...['type=rt&type=batch', 'type=batch&type=rt', 'type=batch&type=batch', 'type=batch&%74ype=rt'].map(
    (query) => refuses(`?${query}`, { body: '{"ttl":60}', path: `/v1/api_keys?${query}` }),
  ),
  ...REGIONS.map((region) => refuses(`region ${region}`, { body: withMember('region', region) }, REGION)),
  refuses('au with rt', { body: '{"ttl":60,"region":"au"}', path: '/v1/api_keys?type=rt' }),
  ...Object.entries(BODIES).map(([title, body]) => refuses(`body: ${title}`, { body })),
  ...Object.entries(MEMBERS).map(([name, json]) =>
    refuses(`member ${name}`, { body: withMember(name, json) }),
  ),
  ...Object.entries(LIMITS).map(([title, json]) =>
    refuses(`limits: ${title}`, { body: withMember('limits', json) }),
  ),
  ...['gzip', 'deflate', 'br', 'zstd', 'identity, gzip'].map((coding) =>
    refuses(`Content-Encoding ${coding}`, {
      body: gzipSync('{"ttl":60}'),
      headers: [JSON_TYPE, ['Content-Encoding', coding]],
    }),
  ),
  ...['multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'application/xml'].map(
    (label) => refuses(`a form labelled ${label}`, { body: 'ttl=60', headers: [['Content-Type', label]] }),
  ),
  ...['59', '"60"', 'null'].map(
    (ttl): CaseRow => ({
      title: `mints nothing at the other spelling of the path: ttl ${ttl}`,
      attack: mintsNothing({ body: `{"ttl":${ttl}}`, path: '/v1/api-keys' }),
      twin: (target) => mintsAt(target, '/v1/api-keys'),
    }),
  ),
]);

/** T10, the minting half: what is no name of an end user makes no key. */
export const clientRefs: readonly Case[] = numbered(
  'T10.m',
  Object.entries(REFS).map(([title, json]) =>
    refuses(`client_ref: ${title}`, { body: withMember('client_ref', json) }),
  ),
);

/** Members that would make an API key more than the management token may give. */
const API_KEY_MEMBERS: Readonly<Record<string, string>> = {
  workspace_id: '"ws_other"',
  regions: '["eu","usa"]',
  apikey_id: '"key_0000000000000000"',
  digest: '"00"',
  created_at: '"2000-01-01T00:00:00Z"',
  revoked_at: 'null',
  permissions: '["projects:manage"]',
  __proto__: '{"admin":true}',
};

/** T11: a key gives no power that it has not. */
export const growth: readonly Case[] = numbered('T11.g', [
  ...(['user123', 'nobody', 'rt'] as const).flatMap((who) =>
    ['/v1/api_keys', '/v1/api-keys', '/v1/api_keys?type=rt'].map(
      (path): CaseRow => ({
        title: `a temporary key (${who}) mints none at ${path}`,
        attack: async (target) => {
          const request = { method: 'POST', key: target.keys[who], headers: [JSON_TYPE], body: '{"ttl":60}' };
          return forbidden(await target.ask(path, request));
        },
        twin: (target) => mintsAt(target, path),
      }),
    ),
  ),
  ...Object.entries(API_KEY_MEMBERS).map(
    ([name, json]): CaseRow => ({
      title: `a management token gives no API key the member ${name}`,
      needs: ['managementToken'],
      attack: async (target) => {
        const body = `{"project_id":1,"name":"parley doctor",${JSON.stringify(name)}:${json}}`;
        const request = { method: 'POST', key: target.managementToken, headers: [JSON_TYPE], body };
        return noKey(await target.ask('/v1/api-keys', request));
      },
      twin: async (target) => status(await target.ask('/v1/api-keys', { key: target.managementToken }), 200),
    }),
  ),
]);
