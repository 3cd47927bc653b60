import { type Case, type CaseRow, type Need, numbered } from '../case.ts';
import { admitted, all, clientError, fault, forbidden, refused, status, UNAUTHENTICATED } from '../expect.ts';
import { type Operation, pathOf } from '../operations.ts';
import type { Target, Verdict } from '../target.ts';
import type { Answer } from '../wire/answer.ts';
import { type Header, JSON_TYPE } from '../wire/client.ts';
import { unknownKey } from './credentials.ts';

const CALLERS = ['none', 'junk', 'api', 'batch', 'rt', 'management', 'operator'] as const;
type Caller = (typeof CALLERS)[number];

const KEY: Readonly<Record<Caller, (target: Target) => string | undefined>> = {
  none: () => undefined,
  junk: () => unknownKey(),
  api: ({ apiKey }) => apiKey,
  batch: ({ keys }) => keys.user123,
  rt: ({ keys }) => keys.rt,
  management: ({ managementToken }) => managementToken,
  operator: ({ operatorToken }) => operatorToken,
};

interface Rule {
  /** Of `METHOD /path`. */
  readonly operations: RegExp;
  readonly may: readonly Caller[];
  /** Genuine callers of the right kind who may not; everybody else is 401. */
  readonly forbidden: readonly Caller[];
}

/** Who may call what. The first rule that fits holds; an operation without a rule is `unruled`. */
const RULES: readonly Rule[] = [
  { operations: /^POST \/v1\/api[-_]keys$/, may: ['api', 'management'], forbidden: ['batch', 'rt'] },
  { operations: /^([A-Z]+ \/v1\/operator\/|GET \/metrics$)/, may: ['operator'], forbidden: [] },
  {
    operations: /^[A-Z]+ \/v1\/(api[-_]keys|projects|audit|requests)\b/,
    may: ['management'],
    forbidden: ['batch', 'rt'],
  },
  { operations: /^GET \/v2\/usage$/, may: ['api'], forbidden: ['batch', 'rt'] },
  { operations: /^[A-Z]+ \/v2\/jobs\b/, may: ['api', 'batch'], forbidden: ['rt'] },
];

/** What everybody may call. */
const PUBLIC = [
  'GET /openapi.json',
  'GET /.well-known/jwks.json',
  'GET /health/live',
  'GET /health/ready',
  'GET /v1/discovery/features',
  'GET /portal/api/session',
];

/** Opened by what the request itself carries: a token in the path, a signature, a password. Whoever calls is not asked. */
const SELF_GUARDED = [
  'GET /objects/{token}',
  'POST /v1/secret-scanning/github',
  'POST /portal/api/sign-in',
  'POST /portal/api/sign-in/oidc',
  'POST /portal/api/register',
  'POST /portal/api/reset-password',
  'POST /portal/api/invitations/look-up',
];

/** For people who are signed in, whom no key makes. */
const isOfPortal = ({ path }: Operation) => path.startsWith('/portal/api/');
/** As a page of the portal asks: otherwise a request is refused for where it comes from, whoever it is. */
const OWN_PAGE: Header = ['Sec-Fetch-Site', 'same-origin'];

const ruleOf = ({ name }: Operation) => RULES.find(({ operations }) => operations.test(name));

const call = (target: Target, operation: Operation, key: string | undefined): Promise<Answer> =>
  target.ask(pathOf(operation), {
    method: operation.method,
    key,
    headers: [...(operation.takesBody ? [JSON_TYPE] : []), ...(isOfPortal(operation) ? [OWN_PAGE] : [])],
    ...(operation.takesBody && { body: '{"parley doctor":true}' }),
  });

const NEED: Partial<Record<Caller, Need>> = { management: 'managementToken', operator: 'operatorToken' };

/**
 * Whoever may call the operation is let in. What would be done for lack of a body or of an id that could be wrong is
 * not done: then another operation of the same rule stands for it.
 */
function letsIn(operation: Operation, rule: Rule): (target: Target) => Promise<Verdict> {
  const isHarmless = operation.method === 'GET' || operation.takesBody || operation.path.includes('{');
  return async (target) => {
    const standIn = target.operations.find((one) => one.method === 'GET' && ruleOf(one) === rule);
    const [caller = 'none'] = rule.may;
    return admitted(await call(target, isHarmless || !standIn ? operation : standIn, KEY[caller](target)));
  };
}

function refusal(operation: Operation, rule: Rule, caller: Caller): CaseRow {
  const needs = [caller, rule.may[0]].flatMap((one) => (one && NEED[one]) ?? []);
  return {
    title: `${operation.name} refuses ${caller}`,
    operation: operation.name,
    needs,
    async attack(target) {
      const answer = await call(target, operation, KEY[caller](target));
      return rule.forbidden.includes(caller) ? forbidden(answer) : refused(target, answer);
    },
    twin: letsIn(operation, rule),
  };
}

/** An operation that this version does not know is at least closed to those who hold least; the portal to all keys. */
const unruled = (operation: Operation, caller: Caller): CaseRow => ({
  title: `${operation.name} refuses ${caller}`,
  operation: operation.name,
  needs: NEED[caller] ? [NEED[caller]] : [],
  async attack(target) {
    const answer = await call(target, operation, KEY[caller](target));
    if (SELF_GUARDED.includes(operation.name)) return clientError(answer);
    if (!isOfPortal(operation)) return status(answer, 401, 403);
    return all(
      status(answer, 401),
      fault(answer.body !== UNAUTHENTICATED, 'the answer is not that to one who is not signed in'),
    );
  },
  twin: async (target) => status(await target.ask('/v2/jobs?limit=1', { key: target.apiKey }), 200),
});

const isPublic = ({ name }: Operation) => PUBLIC.includes(name);

/** Attacks on every operation of a description by callers of the kinds that `includes` picks. */
function refusals(
  operations: readonly Operation[],
  includes: (caller: Caller, one: Operation) => boolean,
): CaseRow[] {
  return operations
    .filter((one) => !isPublic(one))
    .flatMap((one) => {
      const rule = ruleOf(one);
      return callersTried(one, rule)
        .filter((caller) => includes(caller, one))
        .map((caller) => (rule ? refusal(one, rule, caller) : unruled(one, caller)));
    });
}

function callersTried(operation: Operation, rule: Rule | undefined): readonly Caller[] {
  if (rule) return CALLERS.filter((caller) => !rule.may.includes(caller));
  return isOfPortal(operation) ? CALLERS : ['none', 'junk', 'batch', 'rt'];
}

const isProduct = (caller: Caller, { path }: Operation) => caller === 'rt' && path.startsWith('/v2/');

/** T3: a real-time key is none for batch. */
export const products = (operations: readonly Operation[]): Case[] =>
  numbered('T3', refusals(operations, isProduct));

/** T11: every operation is closed to everybody it is not for. */
export const callers = (operations: readonly Operation[]): Case[] =>
  numbered(
    'T11',
    refusals(operations, (caller, one) => caller !== 'none' && !isProduct(caller, one)),
  );

/** Where other programs keep what should not be seen. */
const STRAY_PATHS = [
  '/metrics',
  '/debug',
  '/debug/pprof/',
  '/status',
  '/server-status',
  '/actuator/env',
  '/env',
  '/.env',
  '/.git/config',
  '/config.json',
  '/bootstrap.json',
  '/data/bootstrap.json',
  '/pepper',
  '/package.json',
  '/swagger.json',
  '/documentation/json',
  '/graphql',
  '/admin',
  '/v2/ui',
  '/v2/management/shutdown',
  '/v2/security/jobtoken',
  '/v1/operator',
  '/v1/accounts',
  '/..%2f..%2fetc%2fpasswd',
  '/health/../v2/jobs',
  '/health/live/../../v2/jobs',
  '/openapi.json/../v2/jobs',
  '/health/live%2f..%2f..%2fv2%2fjobs',
];

/** T40: who has no credential sees what is public, and nothing in it is a secret. */
export const crawl = (operations: readonly Operation[]): Case[] =>
  numbered('T40', [
    ...refusals(operations, (caller) => caller === 'none'),
    ...PUBLIC.map(
      (name): CaseRow => ({
        title: `${name} is public and names no secret`,
        operation: name,
        async attack(target) {
          const { body } = await target.ask(name.slice('GET '.length));
          const secrets = [
            target.apiKey,
            target.managementToken,
            target.operatorToken,
            ...Object.values(target.jobs),
          ];
          return all(
            fault(
              secrets.some((one) => one !== undefined && body.includes(one)),
              'a credential or a job is named',
            ),
            fault(
              /"d":|PRIVATE KEY|node_modules|"(\/home|\/root|\/var)\//.test(body),
              'something private is shown',
            ),
          );
        },
        twin: async (target) => status(await target.ask(name.slice('GET '.length)), 200),
      }),
    ),
    ...STRAY_PATHS.map(
      (path): CaseRow => ({
        title: `${path} shows nothing`,
        attack: async (target) => status(await target.ask(path), 400, 401, 403, 404),
        twin: async (target) => status(await target.ask('/health/live'), 200),
      }),
    ),
  ]);
