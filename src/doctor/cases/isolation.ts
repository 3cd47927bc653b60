import { type Case, type CaseRow, numbered } from '../case.ts';
import { all, clientError, fault, forbidden, holds, JOB_NOT_FOUND, lacks, same, status } from '../expect.ts';
import { callJob, JOB_ROUTES, type JobRoute, ownJob } from '../job-routes.ts';
import { mint, mintedKey } from '../set-up.ts';
import { END_USERS, type EndUser, type Target, type Verdict } from '../target.ts';

/** Nobody's job, as far as anybody can tell. */
const NO_JOB = '0000000000';

/** The job is answered for like one that does not exist. */
async function unreachable(target: Target, route: JobRoute, id: string, key: string): Promise<Verdict> {
  const foreign = await callJob(target, route, id, key);
  const missing = await callJob(target, route, NO_JOB, key);
  return all(
    status(foreign, 404),
    fault(foreign.body !== JOB_NOT_FOUND, `the body is ${foreign.body.slice(0, 60)}`),
    same(foreign, missing),
  );
}

const LISTS = [
  '',
  '?limit=100',
  '?include_deleted=true',
  '?created_before=2999-01-01T00:00:00Z',
  '?created_after=2000-01-01T00:00:00Z',
  '?client_ref=USER123',
  '?project_id=1&user_id=1&include_config=true',
];

const list = (target: Target, query: string, key: string) => target.ask(`/v2/jobs${query}`, { key });

const ownList = async (target: Target, query: string, user: EndUser) =>
  holds(await list(target, query, target.keys[user]), target.jobs[user]);

async function showsNone(
  target: Target,
  query: string,
  key: string,
  of: readonly EndUser[],
): Promise<Verdict> {
  const answer = await list(target, query, key);
  return all(
    status(answer, 200),
    ...of.map((user) => lacks(answer, target.jobs[user], `the job of ${user}`)),
  );
}

/** Credentials of the other project; the one for USER123 is for another USER123. */
const OF_OTHER_PROJECT: Readonly<Record<string, (target: Target) => Promise<string>>> = {
  'the other project’s API key': async ({ otherProjectKey = '' }) => otherProjectKey,
  'a temporary key of the other project': (target) => otherProjectToken(target, {}),
  'the other project’s key of a USER123': (target) => otherProjectToken(target, { client_ref: 'USER123' }),
};

async function otherProjectToken(target: Target, wish: object): Promise<string> {
  const key = mintedKey(await mint(target, target.otherProjectKey ?? '', wish));
  if (key === undefined) throw new Error('the other project mints no temporary key');
  return key;
}

/** T9: what is another project's does not exist. */
export const otherProjects: readonly Case[] = numbered('T9', [
  ...Object.entries(OF_OTHER_PROJECT).flatMap(([who, keyOf]) => [
    ...JOB_ROUTES.map(
      (route): CaseRow => ({
        title: `${who}: ${route.method} …${route.suffix || ' (the job)'} as if there were no such job`,
        needs: ['otherProjectKey'],
        operation: route.operation,
        attack: async (target) => unreachable(target, route, target.jobs.user123, await keyOf(target)),
        twin: (target) => ownJob(target, route, 'user123'),
      }),
    ),
    ...LISTS.map(
      (query): CaseRow => ({
        title: `${who}: GET /v2/jobs${query} lists nothing of this project`,
        needs: ['otherProjectKey'],
        attack: async (target) =>
          showsNone(target, query, await keyOf(target), ['user123', 'user456', 'accented', 'nobody']),
        twin: (target) => ownList(target, query, 'user123'),
      }),
    ),
  ]),
]);

/** Who asks for whose job. */
const PAIRS: readonly (readonly [asks: EndUser, owns: EndUser])[] = [
  ['user456', 'user123'],
  ['user123', 'user456'],
  ['user123', 'nobody'],
];

/** Names that are not USER123, whatever a careless comparison makes of them. */
const LOOKALIKES = [
  'user123',
  'User123',
  ' USER123',
  'USER123 ',
  'USER123\u200b',
  'USER123\ufeff',
  'USER123\u0301',
  '\uff35\uff33\uff25\uff32\uff11\uff12\uff13',
  'USER12\u0663',
  'U\u0405ER123',
  'USER12',
  'USER1234',
  'USER0123',
  '%55SER123',
  'USER123%00',
  'USER123\\u0000',
  'USER123,USER456',
  'USER___',
  'USER%',
  'USER*',
  '.*',
  '*',
  "' OR '1'='1",
  '["USER123"]',
  'null',
  'undefined',
  'USER456',
];

/** Withstood as well when no such key is minted. */
async function lookalike(target: Target, ref: string, victim: EndUser): Promise<Verdict> {
  const minted = await mint(target, target.apiKey, { client_ref: ref });
  const key = mintedKey(minted);
  if (key === undefined) return clientError(minted);
  const [get] = JOB_ROUTES;
  return all(
    get ? unreachable(target, get, target.jobs[victim], key) : [],
    showsNone(target, '?include_deleted=true', key, ref === 'USER456' ? [victim] : [victim, 'nobody']),
  );
}

async function mintedAnew(target: Target, victim: EndUser): Promise<Verdict> {
  const minted = await mint(target, target.apiKey, { client_ref: END_USERS[victim] });
  return status(await target.ask(`/v2/jobs/${target.jobs[victim]}`, { key: mintedKey(minted) }), 200);
}

/** T10: an end user reaches their own jobs and no others. */
export const endUsers: readonly Case[] = numbered('T10', [
  ...PAIRS.flatMap(([asks, owns]) => [
    ...JOB_ROUTES.map(
      (route): CaseRow => ({
        title: `${asks} on a job of ${owns}: ${route.method} …${route.suffix || ' (the job)'} as if there were none`,
        operation: route.operation,
        attack: (target) => unreachable(target, route, target.jobs[owns], target.keys[asks]),
        twin: (target) => ownJob(target, route, owns),
      }),
    ),
    ...LISTS.map(
      (query): CaseRow => ({
        title: `${asks}: GET /v2/jobs${query} shows nothing of ${owns}`,
        attack: (target) => showsNone(target, query, target.keys[asks], [owns]),
        twin: (target) => ownList(target, query, owns),
      }),
    ),
  ]),
  {
    title: 'an end user does not see the usage of the project',
    operation: 'GET /v2/usage',
    attack: async (target) => forbidden(await target.ask('/v2/usage', { key: target.keys.user123 })),
    twin: async (target) => status(await target.ask('/v2/usage', { key: target.apiKey }), 200),
  },
  ...LOOKALIKES.map(
    (ref): CaseRow => ({
      title: `client_ref ${JSON.stringify(ref)} is not USER123`,
      attack: (target) => lookalike(target, ref, 'user123'),
      twin: (target) => mintedAnew(target, 'user123'),
    }),
  ),
  ...['Zoe\u0308', 'Zoe', 'ZO\u00cb', 'Zo\u00c3\u00ab', 'Zo%C3%AB'].map(
    (ref): CaseRow => ({
      title: `client_ref ${JSON.stringify(ref)} is not ${END_USERS.accented}`,
      attack: (target) => lookalike(target, ref, 'accented'),
      twin: (target) => mintedAnew(target, 'accented'),
    }),
  ),
]);

const OBJECT_URLS = 'GET /v2/jobs/{jobid}/object-urls';

/** The path of a URL that the end user got for the transcript of their job. */
async function objectPath(target: Target, user: EndUser): Promise<string> {
  const path = `/v2/jobs/${target.jobs[user]}/object-urls?ttl=60&url_for=transcript`;
  const { body } = await target.ask(path, { key: target.keys[user] });
  const { transcript } = JSON.parse(body) as { transcript: string };
  return new URL(transcript).pathname;
}

const changed = (text: string, at: number): string =>
  text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);

/** What becomes of the genuine path; `other` is that of another end user. */
const PATHS: Readonly<Record<string, (path: string, other: string) => string>> = {
  'its first character changed': (path) => changed(path, '/objects/'.length),
  'a character in the middle changed': (path) =>
    changed(path, Math.floor((path.length + '/objects/'.length) / 2)),
  'its last character but one changed': (path) => changed(path, path.length - 2),
  'its last character missing': (path) => path.slice(0, -1),
  'a character more': (path) => `${path}A`,
  'its second half missing': (path) => path.slice(0, path.length / 2),
  'the second half of another’s': (path, other) =>
    path.slice(0, path.length / 2) + other.slice(other.length / 2),
  'the last segment of another’s': (path, other) =>
    path.slice(0, path.lastIndexOf('.') + 1) + other.slice(other.lastIndexOf('.') + 1),
};

/** T10, without a key: a URL for one file opens that file and no other. */
export const objectUrls: readonly Case[] = numbered(
  'T10.o',
  Object.entries(PATHS).map(
    ([title, change]): CaseRow => ({
      title: `the URL of an object with ${title} opens nothing`,
      operation: OBJECT_URLS,
      async attack(target) {
        const path = change(await objectPath(target, 'user123'), await objectPath(target, 'user456'));
        return status(await target.ask(path), 400, 401, 403, 404, 410);
      },
      twin: async (target) => status(await target.ask(await objectPath(target, 'user123')), 200),
    }),
  ),
);
