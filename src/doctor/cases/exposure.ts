import { type Case, type CaseRow, numbered } from '../case.ts';
import { all, fault, lacks, refused, status } from '../expect.ts';
import type { Target, Verdict } from '../target.ts';
import { apiKey } from '../twins.ts';
import type { Answer } from '../wire/answer.ts';
import { bearer, JSON_TYPE, type Request } from '../wire/client.ts';

export const NAMES = ['jwt', 'api_key', 'apikey', 'access_token', 'token', 'key', 'authorization', 'bearer'];

function headersOf({ headers }: Answer): Verdict {
  const cache = headers.get('cache-control') ?? '(none)';
  const referrer = headers.get('referrer-policy') ?? '(none)';
  return [
    ...fault(!/\bno-store\b/.test(cache), `Cache-Control is ${cache}`),
    ...fault(referrer !== 'no-referrer', `Referrer-Policy is ${referrer}`),
  ];
}

/** Answers of each kind, with the status each has. */
const ANSWERS: Readonly<Record<string, readonly [status: number, path: string, Request?]>> = {
  'a list': [200, '/v2/jobs?limit=1'],
  'an unknown job': [404, '/v2/jobs/0000000000'],
  'an unknown path': [404, '/v2/nope'],
  'a bad parameter': [422, '/v2/jobs?limit=x'],
  'a temporary key': [201, '/v1/api_keys', { method: 'POST', headers: [JSON_TYPE], body: '{"ttl":60}' }],
  'a refused temporary key': [
    422,
    '/v1/api_keys',
    { method: 'POST', headers: [JSON_TYPE], body: '{"ttl":1}' },
  ],
  'a malformed body': [400, '/v1/api_keys', { method: 'POST', headers: [JSON_TYPE], body: '{' }],
  'public keys': [200, '/.well-known/jwks.json'],
};

/** T7: nothing that a URL or a cache keeps. */
export const urlsAndCaches: readonly Case[] = numbered('T7', [
  ...NAMES.flatMap((name): CaseRow[] => [
    {
      title: `an API key as ?${name}= is no credential`,
      attack: async (target) => refused(target, await target.ask(`/v2/jobs?${name}=${target.apiKey}`)),
      twin: apiKey,
    },
    {
      title: `a temporary key as ?${name}= is none for batch`,
      attack: async (target) => refused(target, await target.ask(`/v2/jobs?${name}=${target.keys.user123}`)),
      twin: apiKey,
    },
  ]),
  {
    title: 'a refusal is not to be kept, and names no referrer',
    attack: async ({ refusal }) => headersOf(refusal),
    twin: apiKey,
  },
  ...Object.entries(ANSWERS).map(([title, [code, path, request]]) => ({
    title: `the answer with ${title} is not to be kept, and names no referrer`,
    attack: async (target: Target) => headersOf(await target.ask(path, { key: target.apiKey, ...request })),
    twin: async (target: Target) => status(await target.ask(path, { key: target.apiKey, ...request }), code),
  })),
]);

const CANARY = 'canary7d1f0c9e';
const mint = (body: string, path = '/v1/api_keys'): Request & { path: string } => ({
  path,
  method: 'POST',
  headers: [JSON_TYPE],
  body,
});

/** Requests with the canary where a secret may stand; refused, one way or another. */
const ECHOES: Readonly<Record<string, Request & { readonly path: string; readonly isAnonymous?: boolean }>> =
  {
    'as bearer token': { path: '/v2/jobs', headers: [bearer(CANARY)], isAnonymous: true },
    'as Basic password': {
      path: '/v2/jobs',
      headers: [['Authorization', `Basic ${CANARY}`]],
      isAnonymous: true,
    },
    'in the query': { path: `/v2/jobs?jwt=${CANARY}`, isAnonymous: true },
    'as a parameter': { path: `/v2/jobs?limit=${CANARY}` },
    'as a format': { path: `/v2/jobs/0000000000/transcript?format=${CANARY}` },
    'as a date': { path: `/v2/jobs?created_before=${CANARY}` },
    'as a path': { path: `/v2/${CANARY}` },
    'as a job': { path: `/v2/jobs/${CANARY}` },
    'as the type of a key': mint('{"ttl":60}', `/v1/api_keys?type=${CANARY}`),
    'as ttl': mint(`{"ttl":"${CANARY}"}`),
    'as region': mint(`{"ttl":60,"region":"${CANARY}"}`),
    'in a client_ref with a control character': mint(`{"ttl":60,"client_ref":"${CANARY}\\u0000"}`),
    'in a body that is not JSON': mint(`{"ttl":60,"key":${CANARY}}`),
  };

/** T8: no answer repeats what may have been a secret. */
export const echoes: readonly Case[] = numbered('T8', [
  ...Object.entries(ECHOES).map(([title, { path, isAnonymous, ...request }]) => ({
    title: `a secret ${title} is not repeated`,
    async attack(target: Target) {
      const answer = await target.ask(path, { ...request, ...(!isAnonymous && { key: target.apiKey }) });
      return all(
        status(answer, 400, 401, 404, 422),
        lacks(answer, CANARY, 'what was sent'),
        fault(/node_modules|\n\s+at |\.[jt]s:\d+/.test(answer.body), 'a stack trace is in the answer'),
      );
    },
    twin: apiKey,
  })),
]);
