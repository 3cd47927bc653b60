import { type Case, type CaseRow, numbered } from '../../case.ts';
import { all, fault, refused, refusedOrBad, status } from '../../expect.ts';
import { session, upgrade, upgrades, withJwt } from '../../sessions.ts';
import type { Target, Verdict } from '../../target.ts';
import { bearer, type Header } from '../../wire/client.ts';
import { UPGRADE } from '../../wire/websocket.ts';
import { AUTHORIZATIONS, OTHER_PLACES, TWO } from '../credentials.ts';
import { NAMES } from '../exposure.ts';
import { ORIGINS, originHeader } from '../headers.ts';

const needs = ['realtime'] as const;

const rows = (attacks: Readonly<Record<string, (target: Target) => Promise<Verdict>>>): CaseRow[] =>
  Object.entries(attacks).map(([title, attack]) => ({ title, needs, attack, twin: upgrades }));

/** T6 where sessions begin: the same refusal as everywhere. */
export const upgradeRefusals: readonly Case[] = numbered('T6.r', [
  ...Object.entries(AUTHORIZATIONS).map(
    ([title, value]): CaseRow => ({
      title: `no session, and the same 401, for ${title}`,
      needs,
      attack: async (target) =>
        refused(target, await upgrade(target, [['Authorization', value(target.apiKey)]])),
      twin: upgrades,
    }),
  ),
  ...['/v2', '/v2/en', '/', '/en', '/v2/nope', '/v2/jobs', '/v1/api_keys'].map(
    (path): CaseRow => ({
      title: `no session, and the same 401, at ${path} without credential`,
      needs,
      attack: async (target) => refused(target, await upgrade(target, [], path)),
      twin: upgrades,
    }),
  ),
]);

/** Spellings of a URL with the genuine key that a server could read as one. */
const SPELLINGS: Readonly<Record<string, (jwt: string) => string>> = {
  'the key twice': (jwt) => `/v2?jwt=${jwt}&jwt=${jwt}`,
  'a good key, then a bad one': (jwt) => `/v2?jwt=${jwt}&jwt=none`,
  'a bad key, then a good one': (jwt) => `/v2?jwt=none&jwt=${jwt}`,
  'the key twice, once by an encoded name': (jwt) => `/v2?jwt=${jwt}&%6awt=${jwt}`,
  'the key behind #': (jwt) => `/v2#jwt=${jwt}`,
  'the key behind #?': (jwt) => `/v2#?jwt=${jwt}`,
  'the key behind ?a=1#&': (jwt) => `/v2?a=1#&jwt=${jwt}`,
  'the key behind a semicolon': (jwt) => `/v2?a=1;jwt=${jwt}`,
  'the key in a list': (jwt) => `/v2?jwt[]=${jwt}`,
  'the key in an object': (jwt) => `/v2?jwt[key]=${jwt}`,
  'the name in capitals': (jwt) => `/v2?JWT=${jwt}`,
  'a space behind the name': (jwt) => `/v2?jwt%20=${jwt}`,
  'a space before the key': (jwt) => `/v2?jwt=%20${jwt}`,
  'a space behind the key': (jwt) => `/v2?jwt=${jwt}%20`,
  'a NUL behind the key': (jwt) => `/v2?jwt=${jwt}%00`,
  'a new line behind the key': (jwt) => `/v2?jwt=${jwt}%0d%0a`,
  'Bearer before the key': (jwt) => `/v2?jwt=Bearer%20${jwt}`,
  'the key encoded twice': (jwt) => `/v2?jwt=${jwt.replaceAll('.', '%252e')}`,
  'the key in the path': (jwt) => `/v2/${jwt}`,
};

/** T7 where sessions begin: of what a URL holds, one parameter counts, and only for keys that soon end. */
export const upgradePlaces: readonly Case[] = numbered('T7.r', [
  ...NAMES.map(
    (name): CaseRow => ({
      title: `no session with an API key as ?${name}=`,
      needs,
      attack: async (target) => refused(target, await upgrade(target, [], `/v2?${name}=${target.apiKey}`)),
      twin: upgrades,
    }),
  ),
  ...NAMES.filter((name) => name !== 'jwt').map(
    (name): CaseRow => ({
      title: `no session with a temporary key as ?${name}=`,
      needs,
      attack: async (target) => refused(target, await upgrade(target, [], `/v2?${name}=${target.keys.rt}`)),
      twin: upgrades,
    }),
  ),
  ...Object.entries(SPELLINGS).map(
    ([title, spell]): CaseRow => ({
      title: `no session with ${title}`,
      needs,
      attack: async (target) => refusedOrBad(target, await upgrade(target, [], spell(target.keys.rt))),
      twin: upgrades,
    }),
  ),
]);

/** Headers that do not agree with the genuine key in the URL. */
const DISAGREEING: Readonly<Record<string, readonly Header[]>> = {
  'a bad key': [bearer('none')],
  'another scheme': [['Authorization', 'Basic YTpi']],
  'a word': [['Authorization', 'none']],
  'nothing, then a bad key': [['Authorization', ''], bearer('none')],
  'None, then a bad key': [bearer('None'), bearer('none')],
  'None twice': [bearer('None'), bearer('None')],
};

const replaced = (name: string, ...values: readonly string[]): readonly Header[] =>
  UPGRADE.flatMap(([header, value]): Header[] =>
    header === name ? values.map((one) => [header, one]) : [[header, value]],
  );

/** Requests that become no WebSocket though their key is good. */
const HALF_UPGRADES: Readonly<Record<string, readonly Header[]>> = {
  'no Connection: Upgrade': replaced('Connection', 'close'),
  'another protocol': replaced('Upgrade', 'h2c'),
  'two protocols': replaced('Upgrade', 'h2c, websocket'),
  'no Sec-WebSocket-Key': replaced('Sec-WebSocket-Key'),
  'a Sec-WebSocket-Key that is none': replaced('Sec-WebSocket-Key', 'a'),
  'no Sec-WebSocket-Version': replaced('Sec-WebSocket-Version'),
  'Sec-WebSocket-Version 12': replaced('Sec-WebSocket-Version', '12'),
};

/** T30 where sessions begin. */
export const ambiguousUpgrades: readonly Case[] = numbered('T30.r', [
  ...Object.entries(TWO).map(
    ([title, headers]): CaseRow => ({
      title: `no session with Authorization: ${title}`,
      needs,
      attack: async (target) => refusedOrBad(target, await upgrade(target, headers(target))),
      twin: upgrades,
    }),
  ),
  ...Object.entries(OTHER_PLACES).map(
    ([place, header]): CaseRow => ({
      title: `no session with a good key in ${place}`,
      needs,
      attack: async (target) =>
        all(
          ...[[header(target)], [bearer('none'), header(target)], [bearer('None'), header(target)]].map(
            async (headers) => refused(target, await upgrade(target, headers)),
          ),
        ),
      twin: upgrades,
    }),
  ),
  ...Object.entries(DISAGREEING).map(
    ([title, headers]): CaseRow => ({
      title: `no session with a good key in the URL and ${title} in the header`,
      needs,
      attack: async (target) => refusedOrBad(target, await upgrade(target, headers, withJwt(target.keys.rt))),
      twin: upgrades,
    }),
  ),
  ...Object.entries(HALF_UPGRADES).map(
    ([title, headers]): CaseRow => ({
      title: `no session for a request with ${title}`,
      needs,
      async attack(target) {
        const ask = (more: readonly Header[]) => target.ask('/v2', { headers: [...headers, ...more] });
        return all(
          status(await ask([bearer(target.keys.rt)]), 400, 404, 426),
          refused(target, await ask([])),
        );
      },
      twin: upgrades,
    }),
  ),
  ...rows({
    'no session for HTTP/1.0': async (target) => {
      const bytes = target.write('/v2', { headers: [...UPGRADE, bearer(target.keys.rt)] });
      const old = bytes.toString('latin1').replace('HTTP/1.1', 'HTTP/1.0');
      const { answers } = await target.exchange(old, { limitMs: 5_000 });
      const statuses = answers.map((answer) => answer.status);
      return fault(statuses.includes(101), `the statuses are: ${statuses.join(', ')}`);
    },
    'no session at an operation of HTTP': async (target) =>
      all(
        ...['/v2/jobs', '/health/live', '/v1/discovery/features'].map(async (path) =>
          status(await upgrade(target, [bearer(target.apiKey)], path), 400, 404, 426),
        ),
      ),
    'who asks for HTTP/2 on the way is answered, with what was sent behind it': async (target) => {
      const headers: readonly Header[] = [
        ['Connection', 'Upgrade, HTTP2-Settings'],
        ['Upgrade', 'h2c'],
        ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
      ];
      const body = '{"ttl":60}';
      const minted = { method: 'POST', key: target.apiKey, headers, body };
      return all(
        status(await target.ask('/v1/api_keys', minted), 201),
        status(await target.ask('/v2/jobs?limit=1', { key: target.apiKey, headers }), 200),
        refused(target, await target.ask('/v1/api_keys', { ...minted, key: undefined })),
      );
    },
    'what follows a refused upgrade is not answered': async (target) => {
      const bytes = Buffer.concat([
        target.write('/v2', { headers: UPGRADE }),
        target.write('/health/live'),
        target.write('/v2/jobs', { key: target.apiKey }),
      ]);
      const { answers } = await target.exchange(bytes, { untilEnd: true, limitMs: 5_000 });
      return fault(answers.length !== 1, `one request was answered ${answers.length} times`);
    },
    'no subprotocol is agreed to, and what was sent for one is not repeated': async (target) => {
      const { rt } = target.keys;
      const headers: readonly Header[] = [
        ['Sec-WebSocket-Protocol', `${rt}, bearer`],
        ['Sec-WebSocket-Extensions', 'permessage-deflate'],
      ];
      const answer = await upgrade(target, headers, withJwt(rt));
      return all(
        status(answer, 101),
        fault(answer.headers.has('sec-websocket-protocol'), 'a subprotocol was chosen'),
        fault(answer.headers.has('sec-websocket-extensions'), 'messages may be compressed'),
      );
    },
  }),
]);

/** T26 where sessions begin: the page of another origin is told in the session that it may not. */
export const pageOrigins: readonly Case[] = numbered(
  'T26.r',
  [...ORIGINS, 'https://user@app.example', 'https://app.example@attacker.example', 'wss://app.example'].map(
    (origin): CaseRow => {
      const begin = (target: Target, from: string | undefined) => {
        const path = withJwt(target.limitedKeys?.realtimeOrigin ?? '');
        return session(target, { path, headers: originHeader(from) });
      };
      return {
        title: `no session with a key for https://app.example from ${origin === undefined ? 'no origin' : `"${origin}"`}`,
        needs: [...needs, 'limitedKeys'],
        async attack(target) {
          const began = await begin(target, origin);
          return fault(began !== 'not_allowed', `the session: ${began}`);
        },
        twin: (target) =>
          target.shared(
            'session of a page',
            async () => {
              const began = await begin(target, 'https://app.example');
              return fault(began !== 'RecognitionStarted', `a good page: ${began}`);
            },
            1_000,
          ),
      };
    },
  ),
);
