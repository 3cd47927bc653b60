import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mintKey } from '../helpers/api.ts';
import { type Dump, dumpTables } from '../helpers/dump.ts';
import {
  type Customer,
  newCustomer,
  newKey,
  newManagementToken,
  newProject,
  operate,
  send,
} from '../helpers/management.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { bearer, rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** Bad input for every field of the management and operator API: refused as documented, and nothing has changed. */
let databaseUrl: string;
let server: RunningServer;
let database: pg.Client;
let mine: Customer;
let foreign: Customer;
/** Ids of the other customer, which exist but not for this one. */
let foreignIds: { key: string; project: number; token: string };

beforeAll(async () => {
  databaseUrl = await newDatabase();
  server = await startServer({
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_DATABASE_URL: databaseUrl,
      PARLEY_RATE_BAD_CREDENTIALS: '100000/100000',
    },
  });
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  mine = await newCustomer(server);
  foreign = await newCustomer(server);
  foreignIds = {
    key: (await newKey(server, foreign)).id,
    project: await newProject(server, foreign.token),
    token: await tokenIdOf(foreign),
  };
});
afterAll(async () => {
  await server?.stop();
  await database?.end();
});

async function tokenIdOf({ workspaceId }: Customer): Promise<string> {
  const tokens = await operate(server, 'GET', `/workspaces/${workspaceId}/management-tokens`);
  return tokens.json<{ token_id: string }[]>()[0]?.token_id ?? '';
}

/** All rows but those that come and go by themselves: nodes renew their leases, refusals and uses are noted. */
async function stateOfDatabase(): Promise<Dump> {
  const {
    nodes,
    refusals,
    api_key_last_used,
    audit_heads,
    audit_events = [],
    ...rest
  } = await dumpTables(database);
  const isNote = (row: string) => row.includes('"requests.refused"');
  return { ...rest, audit_events: audit_events.filter((row) => !isNote(row)) };
}

let before: Dump;
beforeEach(async () => {
  before = await stateOfDatabase();
});

interface Refused {
  readonly status: number;
  readonly text: string;
}

/** A documented 4xx, in the documented shape, without a secret; and every table as it was. */
async function expectNothing(
  requests: readonly (readonly [name: string, Promise<Refused>])[],
): Promise<void> {
  for (const [name, request] of requests) {
    const { status, text } = await request;
    expect([name, status, text], name).toEqual([
      name,
      expect.toSatisfy((one: number) => [400, 403, 404, 409, 422].includes(one)),
      expect.stringMatching(/^\{"code":\d+,"error":"/),
    ]);
    expect(text).not.toMatch(/ply[mo]?_|select |insert |node_modules/);
  }
  expect(await stateOfDatabase()).toEqual(before);
}

const CONTROL = ['a\u0000b', 'a\nb', 'a\u007f', '\u001b[31m'];
/** As JSON text, because no string holds half of a pair over the wire. */
const SURROGATES = ['"\\ud800"', '"a\\udfff"'];
const NO_TEXT = [1, true, null, [], {}, ['a'], { $ne: null }];
const NO_INTEGER = ['1', 1.5, true, null, [1], {}, -1];
const badText = (max: number): unknown[] => [
  ...NO_TEXT,
  '',
  'a'.repeat(max + 1),
  '😀'.repeat(max + 1),
  ...CONTROL,
];

/** A request whose body is `good` with one member replaced by each bad value in turn. */
function withMember(
  [method, path, key]: readonly [string, string, string],
  good: object,
  member: string,
  values: readonly unknown[],
  { text = false } = {},
): [string, Promise<Refused>][] {
  const bodies = values.map((value) => JSON.stringify({ ...good, [member]: value }));
  const halves = text ? SURROGATES : [];
  const raw = halves.map((half) => JSON.stringify({ ...good, [member]: '@@' }).replace('"@@"', half));
  return [...bodies, ...raw].map((body) => [
    `${method} ${path} ${body.slice(0, 150)}`,
    sendText(key, method, path, body),
  ]);
}

const sendText = (key: string, method: string, path: string, body: string): Promise<Refused> =>
  fetch(`${server.baseUrl}${path}`, { method, headers: { authorization: `Bearer ${key}` }, body }).then(
    async (answer) => ({ status: answer.status, text: await answer.text() }),
  );

/** What is wrong with any body that must hold something, whatever its members are. */
const BODIES = [
  ...['[]', '"text"', '1', '{"name":', '{"__proto__":{}}', '{"name":"a"}{}', '\0', `[${'['.repeat(5_000)}`],
  ...['', '{}', 'null'],
];
const wrongBodies = (
  [method, path, key]: readonly [string, string, string],
  { mayBeEmpty = false } = {},
): [string, Promise<Refused>][] =>
  BODIES.slice(0, mayBeEmpty ? -3 : undefined).map((body) => [
    `${method} ${path} ${body.slice(0, 50)}`,
    sendText(key, method, path, body),
  ]);

describe('a project', () => {
  const create = () => ['POST', '/v1/projects', mine.token] as const;
  const rename = () => ['PUT', `/v1/projects/${mine.projectId}`, mine.token] as const;

  it('is not created with a bad field', () =>
    expectNothing([
      ...wrongBodies(create()),
      ...withMember(create(), {}, 'name', [undefined, ...badText(120)], { text: true }),
      ...withMember(create(), { name: 'a' }, 'description', badText(1_000), { text: true }),
      ...withMember(create(), { name: 'a' }, 'contract_id', ['1', 1.5, null, []]),
      ...withMember(create(), { name: 'a' }, 'is_default', [true]),
      ...withMember(create(), { name: 'a' }, 'workspace_id', [foreign.workspaceId]),
    ]));

  it('is not renamed with a bad field', () =>
    expectNothing([
      ...wrongBodies(rename()),
      ...withMember(rename(), {}, 'name', [undefined, ...badText(120)], { text: true }),
      ...withMember(rename(), { name: 'a' }, 'description', ['b']),
    ]));

  const BAD_IDS = ['0', '-1', '01', '1.0', '1e0', '1e9', '2147483647', '2147483648', '9'.repeat(400), 'abc'];
  const ODD_IDS = ['%00', '%20', '%31%00', '1%27', '..%2f1', '%F0%9F%98%80', '%ff', '٣', '0x1', 'null'];

  it('of another workspace, or with an id that is none, is not found, whatever is asked of it', async () => {
    const ids = [...BAD_IDS, ...ODD_IDS, String(foreignIds.project), String(foreign.projectId)];
    const requests = ids.flatMap((id) => [
      ...['GET', 'DELETE'].map((method) => [method, `/v1/projects/${id}`] as const),
      ['PUT', `/v1/projects/${id}`, { name: 'taken over' }] as const,
      ['POST', `/v1/projects/${id}/client-refs/USER123/end`] as const,
      ['DELETE', `/v1/projects/${id}/client-refs/USER123`] as const,
    ]);
    const answers = requests.map(
      ([method, path, body]) =>
        [`${method} ${path.slice(0, 100)}`, send(server, mine.token, method, path, body)] as const,
    );
    const texts = await Promise.all(answers.map(async ([, answer]) => (await answer).text));
    expect(new Set(texts)).toEqual(
      new Set([
        '{"code":404,"error":"Not Found","detail":"project not found","message":"project not found"}',
      ]),
    );
    await expectNothing(answers);
  });

  it('has no end users with bad names', async () => {
    const names = ['%00', '%0a', 'a%7f', '%1b[31m', 'a'.repeat(257), '%F0%9F%98%80'.repeat(257)];
    const requests = names.flatMap((name) =>
      [
        ['POST', `/v1/projects/${mine.projectId}/client-refs/${name}/end`],
        ['DELETE', `/v1/projects/${mine.projectId}/client-refs/${name}`],
      ].map(
        ([method = '', path = '']) => [path.slice(0, 80), send(server, mine.token, method, path)] as const,
      ),
    );
    await expectNothing(requests);
  });
});

describe('an API key', () => {
  const create = (path = '/v1/api-keys') => ['POST', path, mine.token] as const;
  const good = () => ({ project_id: mine.projectId, name: 'a' });
  const PAST = ['2020-01-01T00:00:00Z', '9999-12-31T23:59:59-23:59', '2030-06-30T23:59:60Z'];
  const NO_TIME = [
    '',
    'tomorrow',
    '2030-01-01',
    '2030-13-01T00:00:00Z',
    '2030-02-30T00:00:00Z',
    1_900_000_000,
  ];
  const NO_KEY = [
    '',
    'a'.repeat(15),
    'a'.repeat(129),
    'a b'.repeat(10),
    'a.b'.repeat(10),
    'é'.repeat(20),
    1,
    null,
  ];
  const NO_SHA = ['', 'a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), 'g'.repeat(64), 1, null, []];

  it('is not created with a bad field', () =>
    expectNothing([
      ...wrongBodies(create()),
      ...withMember(create(), good(), 'name', [undefined, ...badText(120)], { text: true }),
      ...withMember(create(), good(), 'client_ref', badText(256), { text: true }),
      ...withMember(create(), good(), 'project_id', [
        undefined,
        0,
        999_999,
        2_147_483_648,
        1e9,
        1e300,
        ...NO_INTEGER,
      ]),
      ...withMember(create(), good(), 'project_id', [foreign.projectId, foreignIds.project]),
      ...withMember(create(), good(), 'expires_at', [...PAST, ...NO_TIME, null, {}]),
      ...withMember(create(), good(), 'keep_serving_hours', [169, 1e9, ...NO_INTEGER]),
      ...withMember(create(), good(), 'key_value', NO_KEY),
      ...withMember(create('/v1/api_keys'), good(), 'key_sha256', NO_SHA),
      ...withMember(create(), { ...good(), key_sha256: '0'.repeat(64) }, 'key_value', ['a'.repeat(32)]),
      ...withMember(create(), good(), 'key_value', [mine.apiKey, foreign.apiKey]),
      ...withMember(create(), good(), 'ttl', [60]),
      ...withMember(create(), good(), 'limits', [{}]),
      ...withMember(create(), good(), 'region', ['mars', null]),
      ...withMember(create(), good(), 'workspace_id', [foreign.workspaceId]),
      ...withMember(create('/v1/api-keys?type=tts'), good(), 'name', ['a']),
      ...withMember(create('/v1/api-keys?type=rt&type=batch'), good(), 'name', ['a']),
    ]));

  it('is not rotated with a bad field', async () => {
    const { id } = await newKey(server, mine);
    before = await stateOfDatabase();
    const rotate = ['POST', `/v1/api-keys/${id}/rotate`, mine.token] as const;
    await expectNothing([
      ...wrongBodies(rotate, { mayBeEmpty: true }),
      ...withMember(rotate, {}, 'grace_seconds', [2_592_001, 1e9, 1e300, ...NO_INTEGER]),
      ...withMember(rotate, {}, 'expires_at', [...PAST, ...NO_TIME, null]),
      ...withMember(rotate, {}, 'name', ['a']),
    ]);
  });

  it('of another workspace, or with an id that is none, is not found, whatever is asked of it', async () => {
    const ids = [
      '0',
      '-1',
      'key_',
      'KEY_0',
      'key_%00',
      'key_%27',
      '%00',
      'a'.repeat(5_000),
      `key_${'a'.repeat(9_000)}`,
    ];
    const requests = [...ids, 'key_0000000000000000', foreignIds.key, '😀'].flatMap((id) =>
      ['/v1/api-keys', '/v1/api_keys'].flatMap((path) =>
        [
          ['GET', `${path}/${id}`],
          ['DELETE', `${path}/${id}?wait=0`],
          ['POST', `${path}/${id}/rotate`],
        ].map(
          ([method = '', one = '']) =>
            [`${method} ${one}`.slice(0, 80), send(server, mine.token, method, one)] as const,
        ),
      ),
    );
    const texts = await Promise.all(requests.map(async ([, answer]) => (await answer).text));
    expect(new Set(texts)).toEqual(
      new Set([
        '{"code":404,"error":"Not Found","detail":"API key not found","message":"API key not found"}',
      ]),
    );
    await expectNothing(requests);
  });

  it('is neither listed nor revoked with a bad query', () => {
    const ids = [
      '0',
      '-1',
      '1e9',
      '2147483648',
      'abc',
      '',
      '1&project_id=2',
      String(foreign.projectId),
      '999999',
    ];
    const waits = ['-1', '31', '1e1', 'abc', '', '1&wait=2', '99999999999999999999'];
    return expectNothing([
      ...ids.map((id) => [id, send(server, mine.token, 'GET', `/v1/api-keys?project_id=${id}`)] as const),
      ...waits.map(
        (wait) =>
          [wait, send(server, mine.token, 'DELETE', `/v1/api-keys/${foreignIds.key}?wait=${wait}`)] as const,
      ),
    ]);
  });
});

describe('a workspace', () => {
  const create = () => ['POST', '/v1/operator/workspaces', server.bootstrap.operator_token] as const;
  const change = () =>
    ['PATCH', `/v1/operator/workspaces/${mine.workspaceId}`, server.bootstrap.operator_token] as const;
  const TERMS: Readonly<Record<string, readonly unknown[]>> = {
    customer_type: ['', 'free', 'Enterprise', 'on-demand ', ...NO_TEXT],
    regions: [[], ['mars'], ['eu', 'eu'], ['EU'], [null], [['eu']], 'eu', null, {}, [1]],
    temporary_keys_enabled: ['true', 1, 0, null, [], {}],
    max_running_jobs: ['1', 1.5, -1, 1_000_001, 1e300, true, [], {}],
    max_sessions: ['1', 1.5, -1, 1_000_001, 1e300, true, [], {}],
    monthly_audio_hours: ['1', -0.1, 10_000_001, 1e300, true, [], {}],
    workspace_id: ['ws_0000000000000000'],
    created_at: ['2020-01-01T00:00:00Z'],
  };

  it('is neither created nor changed with a bad field', () =>
    expectNothing([
      ...wrongBodies(create()),
      ...wrongBodies(change()),
      ...withMember(create(), {}, 'name', [undefined, ...badText(120)], { text: true }),
      ...withMember(change(), {}, 'name', badText(120), { text: true }),
      ...Object.entries(TERMS).flatMap(([member, values]) => [
        ...withMember(create(), { name: 'a' }, member, values),
        ...withMember(change(), {}, member, values),
      ]),
      ['1e309', sendText(create()[2], 'PATCH', change()[1], '{"monthly_audio_hours":1e309}')],
    ]));

  const ODD_IDS = [
    '0',
    'ws_',
    'WS_0',
    'ws_%00',
    '%00',
    '%27',
    'ws_0000000000000000',
    'a'.repeat(5_000),
    '😀',
  ];

  it('with an id that is none is not found', () =>
    expectNothing(
      ODD_IDS.flatMap((id) => [
        [id, operate(server, 'GET', `/workspaces/${id}`)],
        [id, operate(server, 'PATCH', `/workspaces/${id}`, { name: 'a' })],
        [id, operate(server, 'GET', `/workspaces/${id}/management-tokens`)],
        [
          id,
          operate(server, 'POST', `/workspaces/${id}/management-tokens`, {
            name: 'a',
            permissions: ['projects:view'],
          }),
        ],
        [id, operate(server, 'DELETE', `/workspaces/${id}/management-tokens/${foreignIds.token}`)],
        [id, operate(server, 'DELETE', `/workspaces/${mine.workspaceId}/management-tokens/${id}`)],
        [id, operate(server, 'DELETE', `/signing-keys/${id}`)],
      ]),
    ));

  it('does not revoke the token of another', () =>
    expectNothing([
      [
        'token',
        operate(server, 'DELETE', `/workspaces/${mine.workspaceId}/management-tokens/${foreignIds.token}`),
      ],
    ]));

  it('gets no management token with a bad field', () => {
    const path = `/v1/operator/workspaces/${mine.workspaceId}/management-tokens`;
    const request = ['POST', path, server.bootstrap.operator_token] as const;
    const good = { name: 'a', permissions: ['projects:view'] };
    const permissions = [
      [],
      ['all'],
      ['operator:manage'],
      ['projects:view', 'projects:view'],
      [null],
      'projects:view',
      null,
      {},
    ];
    return expectNothing([
      ...wrongBodies(request),
      ...withMember(request, good, 'name', [undefined, ...badText(120)], { text: true }),
      ...withMember(request, good, 'permissions', [undefined, ...permissions]),
      ...withMember(request, good, 'kind', ['operator']),
      ...withMember(request, good, 'workspace_id', [null, foreign.workspaceId]),
    ]);
  });
});

describe('an operator token', () => {
  it('is not made with a bad field, also by the operator', () => {
    const request = ['POST', '/v1/operator/tokens', server.bootstrap.operator_token] as const;
    return expectNothing([
      ...wrongBodies(request),
      ...withMember(request, { name: 'a' }, 'name', [undefined, ...badText(120)], { text: true }),
      ...withMember(request, { name: 'a' }, 'kind', ['management']),
      ...withMember(request, { name: 'a' }, 'token_value', ['plyo_x']),
      ...withMember(request, { name: 'a' }, 'workspace_id', [null, foreign.workspaceId]),
    ]);
  });

  it('is not revoked as what it is not, and the other way round', async () => {
    const [own] = (await operate(server, 'GET', '/tokens')).json<{ token_id: string }[]>();
    await expectNothing([
      ['a management token', operate(server, 'DELETE', `/tokens/${foreignIds.token}`)],
      ['a key', operate(server, 'DELETE', `/tokens/${foreignIds.key}`)],
      [
        'as a management token',
        operate(server, 'DELETE', `/workspaces/${mine.workspaceId}/management-tokens/${own?.token_id}`),
      ],
      ['the last one', operate(server, 'DELETE', `/tokens/${own?.token_id}`)],
    ]);
  });

  it('is made, listed and revoked by no other credential, whatever that may', async () => {
    const [own] = (await operate(server, 'GET', '/tokens')).json<{ token_id: string }[]>();
    const temporary = await mintKey(server, mine.apiKey);
    before = await stateOfDatabase();
    for (const key of [mine.token, server.bootstrap.management_token, mine.apiKey, temporary]) {
      const answers = await Promise.all([
        send(server, key, 'POST', '/v1/operator/tokens', { name: 'a' }),
        send(server, key, 'GET', '/v1/operator/tokens'),
        send(server, key, 'DELETE', `/v1/operator/tokens/${own?.token_id}`),
      ]);
      for (const { status, text } of answers) {
        expect([status, text]).toEqual([401, '{"code":401,"error":"Permission Denied"}']);
      }
    }
    expect(await stateOfDatabase()).toEqual(before);
  });
});

it('bytes that are no text in a path are an unknown path or id', () =>
  expectNothing(
    ['/v1/projects/%ff', '/v1/api-keys/key_%C0%80', '/v1/operator/workspaces/\xff\xfe'].map((path) => {
      const key = path.includes('operator') ? server.bootstrap.operator_token : mine.token;
      const answer = rawAnswer(server, requestHead('GET', path, [bearer(key)]));
      return [path, answer.then(({ status, body }) => ({ status, text: body }))] as const;
    }),
  ));

describe('a flood of changes at once', () => {
  it('neither deadlocks nor fails, and what was revoked is', { timeout: 120_000 }, async () => {
    const { workspaceId, token } = await newCustomer(server);
    const projects = await Promise.all(Array.from({ length: 10 }, () => newProject(server, token)));
    const keys = await Promise.all(
      projects.flatMap((projectId) =>
        ['A', 'B'].map((client_ref) => newKey(server, { token, projectId }, { client_ref })),
      ),
    );
    const [first = 0] = projects;
    const manage = (method: string, path: string, body?: object) => send(server, token, method, path, body);
    const requests = keys.flatMap(({ id }, index) => [
      manage('POST', `/v1/api-keys/${id}/rotate`, { grace_seconds: 0 }),
      manage('DELETE', `/v1/api-keys/${id}?wait=1`),
      manage('DELETE', `/v1/projects/${projects[index % 5]}`),
      manage('DELETE', `/v1/projects/${projects[5 + (index % 5)]}/client-refs/A`),
      manage('POST', '/v1/api-keys', { project_id: first, name: 'another' }),
      operate(server, 'PATCH', `/workspaces/${workspaceId}`, { regions: index % 2 ? ['eu'] : ['eu', 'usa'] }),
      newManagementToken(server, workspaceId, ['projects:view']).then(() => ({ status: 201 })),
      send(server, keys[index]?.value ?? '', 'POST', '/v1/api_keys', { ttl: 60 }),
    ]);
    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    expect(requests.length).toBeGreaterThan(150);
    for (const status of statuses) expect([200, 201, 204, 401, 404, 409]).toContain(status);
    for (const { value } of keys) {
      expect((await send(server, value, 'GET', '/v2/jobs')).status).toBe(401);
    }
  });
});

it('the server has not failed once in all this', () => {
  expect(server.logs().filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
});
