import { type Case, type CaseRow, numbered } from '../case.ts';
import { all, fault, forbidden, refused, same, status } from '../expect.ts';
import type { Target } from '../target.ts';
import { genuineKey } from '../twins.ts';
import { bearer, type Header } from '../wire/client.ts';

const ADDRESS_HEADERS: readonly Header[] = [
  ['X-Forwarded-For', '203.0.113.7'],
  ['X-Forwarded-For', '203.0.113.7, 127.0.0.1'],
  ['X-Forwarded-For', '127.0.0.1, 203.0.113.7'],
  ['X-Forwarded-For', '::ffff:203.0.113.7'],
  ['X-Forwarded-For', '203.0.113.7:443'],
  ['X-Real-IP', '203.0.113.7'],
  ['Forwarded', 'for=203.0.113.7;proto=https'],
  ['Forwarded', 'for="[::ffff:203.0.113.7]"'],
  ['CF-Connecting-IP', '203.0.113.7'],
  ['True-Client-IP', '203.0.113.7'],
  ['X-Client-IP', '203.0.113.7'],
  ['X-Cluster-Client-IP', '203.0.113.7'],
  ['Fastly-Client-IP', '203.0.113.7'],
  ['X-Azure-ClientIP', '203.0.113.7'],
  ['X-Forwarded-Host', 'us1.asr.api.localhost'],
  ['X-Forwarded-Proto', 'https'],
  ['Via', '1.1 203.0.113.7'],
];

/** T19: only a proxy that the operator named is believed. The right-most address is the one a proxy adds. */
export const forwardedAddresses: readonly Case[] = numbered('T19', [
  ...ADDRESS_HEADERS.flatMap(([name, value]): CaseRow[] => [
    {
      title: `${name}: ${value} makes no credential`,
      attack: async (target) => refused(target, await target.ask('/v2/jobs', { headers: [[name, value]] })),
      twin: genuineKey,
    },
    {
      title: `${name}: ${value} does not lead to where a key is limited to`,
      needs: ['limitedKeys'],
      async attack(target) {
        const key = target.limitedKeys?.elsewhere;
        return forbidden(await target.ask('/v2/jobs', { key, headers: [[name, value]] }));
      },
      twin: async (target) =>
        status(
          await target.ask('/v2/jobs', { key: target.limitedKeys?.anywhere, headers: [[name, value]] }),
          200,
        ),
    },
  ]),
]);

export const ORIGINS = [
  undefined,
  'null',
  '',
  'https://app.example.attacker.example',
  'https://attacker.example/https://app.example',
  'https://xapp.example',
  'http://app.example',
  'https://app.example:8443',
  'https://app.example:443',
  'https://app.example/',
  'https://APP.example',
  'https://app.example.',
  'https://app.example https://attacker.example',
  '*',
];

export const originHeader = (origin: string | undefined): Header[] =>
  origin === undefined ? [] : [['Origin', origin]];

/** T26: a key that is for one web origin is for that origin, to the letter. */
export const origins: readonly Case[] = numbered(
  'T26',
  ORIGINS.map(
    (origin): CaseRow => ({
      title: `a key for https://app.example is none for ${origin === undefined ? 'no origin' : `"${origin}"`}`,
      needs: ['limitedKeys'],
      async attack(target) {
        const key = target.limitedKeys?.origin;
        return forbidden(await target.ask('/v2/jobs', { key, headers: originHeader(origin) }));
      },
      async twin(target) {
        const key = target.limitedKeys?.origin;
        return status(
          await target.ask('/v2/jobs', { key, headers: [['Origin', 'https://app.example']] }),
          200,
        );
      },
    }),
  ),
);

/** T27: a browser is never told to send what it keeps (cookies, client certificates). */
export const crossOrigin: readonly Case[] = numbered(
  'T27',
  ['/v2/jobs', '/v1/api_keys', '/v2/nope', '/health/live', '/portal/api/session'].flatMap((path) =>
    ['https://attacker.example', 'null'].map(
      (origin): CaseRow => ({
        title: `${path} allows ${origin} no credentials of the browser`,
        async attack(target) {
          const preflight = [...originHeader(origin), ['Access-Control-Request-Method', 'POST'] as const];
          const answers = [
            await target.ask(path, { method: 'OPTIONS', headers: preflight }),
            await target.ask(path, { headers: originHeader(origin) }),
          ];
          return all(
            ...answers.flatMap(({ headers }) => [
              fault(headers.has('access-control-allow-credentials'), 'credentials are allowed'),
              fault(headers.get('access-control-allow-origin') === origin, 'the origin is reflected'),
            ]),
          );
        },
        twin: async (target) => {
          const request = { key: target.keys.user123, headers: originHeader(origin) };
          const answer = await target.ask('/v2/jobs', request);
          return all(
            status(answer, 200),
            fault(answer.headers.get('access-control-allow-origin') !== '*', 'a page cannot read the answer'),
          );
        },
      }),
    ),
  ),
);

const INTERNAL_HEADERS: readonly Header[] = [
  ['X-SM-Processing-Data', '{"parallel_engines":64,"user_id":"admin"}'],
  ['X-SM-EAR-Tag', 'preview'],
  ['X-Consumer-Id', 'admin'],
  ['X-Consumer-Username', 'admin'],
  ['X-Consumer-Custom-Id', 'admin'],
  ['X-Credential-Identifier', 'admin'],
  ['X-Anonymous-Consumer', 'false'],
  ['X-Verified-Subject', 'admin'],
  ['X-Authenticated-Userid', 'admin'],
  ['X-User-Id', '1'],
  ['X-Project-Id', '1'],
  ['X-Client-Ref', 'USER456'],
  ['X-Forwarded-User', 'admin'],
  ['X-Remote-User', 'admin'],
  ['X-Forwarded-Host', 'us1.asr.api.localhost'],
  ['X-Original-URL', '/health/live'],
  ['X-Rewrite-URL', '/health/live'],
  ['X-Forwarded-Prefix', '/health'],
  ['X-Internal', 'true'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['X-Method-Override', 'DELETE'],
];

const ownJob = ({ jobs }: Target) => `/v2/jobs/${jobs.user123}`;

/** T31: headers that a gateway speaks to its own servers with mean nothing from outside. */
export const internalHeaders: readonly Case[] = numbered('T31', [
  ...INTERNAL_HEADERS.map(
    ([name, value]): CaseRow => ({
      title: `${name} changes nothing`,
      attack: async (target) =>
        all(
          refused(target, await target.ask('/v2/jobs', { headers: [[name, value]] })),
          refused(target, await target.ask('/v2/jobs', { headers: [bearer('none'), [name, value]] })),
          same(
            await target.ask(ownJob(target), { key: target.keys.user456, headers: [[name, value]] }),
            await target.ask(ownJob(target), { key: target.keys.user456 }),
          ),
          same(
            await target.ask(ownJob(target), { key: target.keys.user123, headers: [[name, value]] }),
            await target.ask(ownJob(target), { key: target.keys.user123 }),
          ),
        ),
      twin: async (target) => status(await target.ask(ownJob(target), { key: target.keys.user123 }), 200),
    }),
  ),
]);
