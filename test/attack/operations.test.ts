import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AskOptions, ask, endOfJob, jobForm, mintKey, readClip } from '../helpers/api.ts';
import { newKey, newProject, operate } from '../helpers/management.ts';
import { registerFirst } from '../helpers/portal.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** Every kind of caller there is. */
const CALLERS = ['none', 'junk', 'api', 'batch', 'rt', 'management', 'operator'] as const;
type Caller = (typeof CALLERS)[number];

/** One status per caller, in the order of `CALLERS`. */
type Row = readonly [number, number, number, number, number, number, number];

interface Operation {
  readonly row: Row;
  /** A request that succeeds for whoever may make it; made anew for each caller. */
  request(caller: Caller): Promise<{ path: string } & AskOptions> | ({ path: string } & AskOptions);
}

let server: RunningServer;
let keys: Readonly<Record<Caller, string | undefined>>;

const JSON_TYPE = { 'content-type': 'application/json' };
/** Who has an account, and no password any more. */
const FORGETFUL = 'forgetful@example.org';
const everybody = (path: string): Operation => ({
  row: [200, 200, 200, 200, 200, 200, 200],
  request: () => ({ path }),
});

/** A job of the end user whom the batch key is for, so that each kind of key of the project reaches it. */
async function newJob(body?: FormData): Promise<string> {
  body ??= jobForm(await readClip());
  const answer = await ask(server, '/v2/jobs', { method: 'POST', key: keys.batch ?? '', body });
  const { id } = answer.json<{ id: string }>();
  await endOfJob(server, keys.batch ?? '', id);
  return id;
}

async function newAlignment(): Promise<string> {
  const config = { type: 'alignment', alignment_config: { language: 'en' } };
  const form = jobForm(await readClip(), { config });
  form.append('text_file', new Blob(['one two']), 'text.txt');
  return newJob(form);
}

/** What an API key is created with; a project's key mints with the same path. */
const keyBody = (caller: Caller) =>
  caller === 'management' || caller === 'operator'
    ? JSON.stringify({ project_id: server.bootstrap.project_id, name: 'operations' })
    : JSON.stringify({ ttl: 60, client_ref: 'USER123' });

const createKey = (path: string): Operation => ({
  row: [401, 401, 201, 403, 403, 201, 401],
  request: (caller) => ({ path, method: 'POST', headers: JSON_TYPE, body: keyBody(caller) }),
});

const listKeys = (path: string): Operation => ({
  row: [401, 401, 401, 403, 403, 200, 401],
  request: () => ({ path }),
});

const revokeKey = (path: string): Operation => ({
  row: [401, 401, 401, 403, 403, 200, 401],
  async request() {
    const created = await ask(server, '/v1/api-keys', {
      method: 'POST',
      key: keys.management ?? '',
      headers: JSON_TYPE,
      body: keyBody('management'),
    });
    return { path: `${path}/${created.json<{ apikey_id: string }>().apikey_id}`, method: 'DELETE' };
  },
});

const onJob = (method: string, suffix = '', make: () => Promise<string> = newJob): Operation => ({
  row: [401, 401, 200, 200, 403, 401, 401],
  request: async () => ({ path: `/v2/jobs/${await make()}${suffix}`, method }),
});

/** A refusal of the workspace's own management token. */
const explainRequest = (path: string, row: Row): Operation => ({
  row,
  async request() {
    const { headers } = await ask(server, '/v2/jobs', { key: keys.management ?? '' });
    return { path: `${path}/${headers.get('request-id')}` };
  },
});

const MANAGEMENT: Row = [401, 401, 401, 403, 403, 200, 401];
const OPERATOR: Row = [401, 401, 401, 401, 401, 401, 200];
const withStatus = (row: Row, status: number): Row =>
  row.map((one) => (one === 200 ? status : one)) as unknown as Row;

async function newKeyId(): Promise<string> {
  const { management_token: token, project_id: projectId } = server.bootstrap;
  return (await newKey(server, { token, projectId })).id;
}

const newProjectPath = async (): Promise<string> =>
  `/v1/projects/${await newProject(server, server.bootstrap.management_token)}`;

/** A request on a thing made for it. */
const onNew = (row: Row, method: string, path: () => Promise<string>, body?: object): Operation => ({
  row,
  request: async () => ({
    path: await path(),
    method,
    ...(body && { headers: JSON_TYPE, body: JSON.stringify(body) }),
  }),
});

async function newTokenPath(): Promise<string> {
  const { workspace_id } = server.bootstrap;
  const path = `/workspaces/${workspace_id}/management-tokens`;
  const body = { name: 'operations', permissions: ['projects:view'] };
  const created = await operate(server, 'POST', path, body);
  return `/v1/operator${path}/${created.json<{ token_id: string }>().token_id}`;
}

async function newOperatorTokenPath(): Promise<string> {
  const created = await operate(server, 'POST', '/tokens', { name: 'operations' });
  return `/v1/operator/tokens/${created.json<{ token_id: string }>().token_id}`;
}

async function newSigningKeyPath(): Promise<string> {
  const { kid } = (await operate(server, 'POST', '/signing-keys/rotate')).json<{ kid: string }>();
  // The one that signs is not revoked here: the callers' temporary keys of this suite go on.
  await operate(server, 'POST', '/signing-keys/rotate');
  return `/v1/operator/signing-keys/${kid}`;
}

const ownWorkspace = async (suffix = '') =>
  `/v1/operator/workspaces/${server.bootstrap.workspace_id}${suffix}`;

/** A route that is not here fails the test: whoever adds one says who may call it. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET /health/live': everybody('/health/live'),
  'GET /health/ready': everybody('/health/ready'),
  'GET /metrics': onNew(OPERATOR, 'GET', async () => '/metrics'),
  'GET /openapi.json': everybody('/openapi.json'),
  'GET /.well-known/jwks.json': everybody('/.well-known/jwks.json'),
  'GET /v1/discovery/features': everybody('/v1/discovery/features'),
  'POST /v1/api_keys': createKey('/v1/api_keys'),
  'POST /v1/api-keys': createKey('/v1/api-keys'),
  'GET /v1/api_keys': listKeys('/v1/api_keys'),
  'GET /v1/api-keys': listKeys('/v1/api-keys'),
  'DELETE /v1/api_keys/{apikey_id}': revokeKey('/v1/api_keys'),
  'DELETE /v1/api-keys/{apikey_id}': revokeKey('/v1/api-keys'),
  'GET /v1/api_keys/{apikey_id}': onNew(MANAGEMENT, 'GET', async () => `/v1/api_keys/${await newKeyId()}`),
  'GET /v1/api-keys/{apikey_id}': onNew(MANAGEMENT, 'GET', async () => `/v1/api-keys/${await newKeyId()}`),
  'POST /v1/api_keys/{apikey_id}/rotate': onNew(
    withStatus(MANAGEMENT, 201),
    'POST',
    async () => `/v1/api_keys/${await newKeyId()}/rotate`,
  ),
  'POST /v1/api-keys/{apikey_id}/rotate': onNew(
    withStatus(MANAGEMENT, 201),
    'POST',
    async () => `/v1/api-keys/${await newKeyId()}/rotate`,
  ),
  'GET /v1/projects': onNew(MANAGEMENT, 'GET', async () => '/v1/projects'),
  'POST /v1/projects': onNew(withStatus(MANAGEMENT, 201), 'POST', async () => '/v1/projects', {
    name: 'new',
  }),
  'GET /v1/projects/{project_id}': onNew(MANAGEMENT, 'GET', newProjectPath),
  'PUT /v1/projects/{project_id}': onNew(MANAGEMENT, 'PUT', newProjectPath, { name: 'renamed' }),
  'DELETE /v1/projects/{project_id}': onNew(withStatus(MANAGEMENT, 204), 'DELETE', newProjectPath),
  'POST /v1/projects/{project_id}/client-refs/{client_ref}/end': onNew(
    MANAGEMENT,
    'POST',
    async () => `${await newProjectPath()}/client-refs/USER123/end`,
  ),
  'DELETE /v1/projects/{project_id}/client-refs/{client_ref}': onNew(
    MANAGEMENT,
    'DELETE',
    async () => `${await newProjectPath()}/client-refs/USER123`,
  ),
  'GET /v1/operator/tokens': onNew(OPERATOR, 'GET', async () => '/v1/operator/tokens'),
  'POST /v1/operator/tokens': onNew(withStatus(OPERATOR, 201), 'POST', async () => '/v1/operator/tokens', {
    name: 'new',
  }),
  'DELETE /v1/operator/tokens/{token_id}': onNew(OPERATOR, 'DELETE', newOperatorTokenPath),
  'GET /v1/operator/workspaces': onNew(OPERATOR, 'GET', async () => '/v1/operator/workspaces'),
  'POST /v1/operator/workspaces': onNew(
    withStatus(OPERATOR, 201),
    'POST',
    async () => '/v1/operator/workspaces',
    { name: 'new' },
  ),
  'GET /v1/operator/workspaces/{workspace_id}': onNew(OPERATOR, 'GET', () => ownWorkspace()),
  'PATCH /v1/operator/workspaces/{workspace_id}': onNew(OPERATOR, 'PATCH', () => ownWorkspace(), {
    name: 'renamed',
  }),
  'GET /v1/operator/workspaces/{workspace_id}/management-tokens': onNew(OPERATOR, 'GET', () =>
    ownWorkspace('/management-tokens'),
  ),
  'POST /v1/operator/workspaces/{workspace_id}/management-tokens': onNew(
    withStatus(OPERATOR, 201),
    'POST',
    () => ownWorkspace('/management-tokens'),
    { name: 'new', permissions: ['projects:view'] },
  ),
  'DELETE /v1/operator/workspaces/{workspace_id}/management-tokens/{token_id}': onNew(
    OPERATOR,
    'DELETE',
    newTokenPath,
  ),
  'POST /v1/operator/workspaces/{workspace_id}/invitations': onNew(
    withStatus(OPERATOR, 201),
    'POST',
    () => ownWorkspace('/invitations'),
    { role: 'member' },
  ),
  'POST /v1/operator/password-resets': onNew(
    withStatus(OPERATOR, 201),
    'POST',
    async () => '/v1/operator/password-resets',
    { email: FORGETFUL },
  ),
  'DELETE /v1/operator/signing-keys/{kid}': onNew(OPERATOR, 'DELETE', newSigningKeyPath),
  'POST /v1/operator/signing-keys/rotate': {
    row: [401, 401, 401, 401, 401, 401, 201],
    request: () => ({ path: '/v1/operator/signing-keys/rotate', method: 'POST' }),
  },
  'GET /v1/audit': { row: [401, 401, 401, 403, 403, 200, 401], request: () => ({ path: '/v1/audit' }) },
  'GET /v1/requests/{request_id}': explainRequest('/v1/requests', [401, 401, 401, 403, 403, 200, 401]),
  'GET /v1/operator/audit': {
    row: [401, 401, 401, 401, 401, 401, 200],
    request: () => ({ path: '/v1/operator/audit' }),
  },
  'GET /v1/operator/audit/verify': {
    row: [401, 401, 401, 401, 401, 401, 200],
    request: () => ({ path: '/v1/operator/audit/verify' }),
  },
  'GET /v1/operator/requests/{request_id}': explainRequest(
    '/v1/operator/requests',
    [401, 401, 401, 401, 401, 401, 200],
  ),
  // Takes reports only when it is told GitHub's keys; see secret-scanning.test.ts.
  'POST /v1/secret-scanning/github': {
    row: [401, 401, 401, 401, 401, 401, 401],
    request: () => ({ path: '/v1/secret-scanning/github', method: 'POST', body: '[]' }),
  },
  'POST /v2/jobs': {
    row: [401, 401, 201, 201, 403, 401, 401],
    request: async () => ({ path: '/v2/jobs', method: 'POST', body: jobForm(await readClip()) }),
  },
  'GET /v2/jobs': { row: [401, 401, 200, 200, 403, 401, 401], request: () => ({ path: '/v2/jobs' }) },
  'GET /v2/jobs/{jobid}': onJob('GET'),
  'GET /v2/jobs/{jobid}/transcript': onJob('GET', '/transcript'),
  'GET /v2/jobs/{jobid}/data': onJob('GET', '/data'),
  'GET /v2/jobs/{jobid}/text': onJob('GET', '/text', newAlignment),
  'GET /v2/jobs/{jobid}/alignment': onJob('GET', '/alignment', newAlignment),
  'GET /v2/jobs/{jobid}/log': onJob('GET', '/log'),
  'GET /v2/jobs/{jobid}/object-urls': onJob('GET', '/object-urls?ttl=60&url_for=data'),
  'DELETE /v2/jobs/{jobid}': onJob('DELETE'),
  // The token in the path is the credential, so it makes no difference who else the caller is.
  'GET /objects/{token}': {
    row: [200, 200, 200, 200, 200, 200, 200],
    async request() {
      const path = `/v2/jobs/${await newJob()}/object-urls?ttl=60&url_for=data`;
      const urls = await ask(server, path, { key: keys.batch ?? '' });
      return { path: new URL(urls.json<{ data: string }>().data).pathname };
    },
  },
  // The batch key is an end user's.
  'GET /v2/usage': { row: [401, 401, 200, 403, 403, 401, 401], request: () => ({ path: '/v2/usage' }) },
};

beforeAll(async () => {
  server = await startServer({ env: { PARLEY_ENGINE: 'scripted', PARLEY_RATE_SUBMIT: '1000/10000' } });
  const { api_key, management_token, operator_token } = server.bootstrap;
  keys = {
    none: undefined,
    junk: 'junk',
    api: api_key,
    batch: await mintKey(server, api_key, { client_ref: 'USER123' }),
    rt: await mintKey(server, api_key, { type: 'rt' }),
    management: management_token,
    operator: operator_token,
  };
  await registerFirst(server, { email: FORGETFUL });
});
afterAll(() => server?.stop());

async function operationsOfServer(): Promise<string[]> {
  const { paths } = (await ask(server, '/openapi.json')).json<{ paths: Record<string, object> }>();
  return (
    Object.entries(paths)
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
      .filter((operation) => !operation.startsWith('HEAD '))
      // Of people, not of keys: portal.test.ts has a table of its own for those.
      .filter((operation) => !operation.includes(' /portal/api/'))
  );
}

describe('every operation of /openapi.json', () => {
  it('has a row here, and every row its operation', async () => {
    expect((await operationsOfServer()).sort()).toEqual(Object.keys(OPERATIONS).sort());
  });

  describe.each(Object.entries(OPERATIONS))('%s', (_, operation) => {
    it.each(CALLERS.map((caller, index) => [caller, operation.row[index]] as const))(
      'answers %s with %i',
      async (caller, status) => {
        const { path, ...options } = await operation.request(caller);
        const key = keys[caller];
        const answer = await ask(server, path, { ...options, ...(key !== undefined && { key }) });
        expect({ status: answer.status, body: answer.text.slice(0, 200) }).toMatchObject({ status });
        expect(answer.headers.get('request-id')).toMatch(/^[0-9a-f]{32}$/);
        if (status === 401) expect(answer.text).toBe('{"code":401,"error":"Permission Denied"}');
        if (status === 403) expect(answer.json().detail).toMatch(/temporary key|client_ref/);
      },
    );
  });
});

describe('what everybody may read', () => {
  it('names no secret, no key, no job and no path of the machine', async () => {
    const id = await newJob();
    const { workspace_id } = server.bootstrap;
    for (const [operation, { row, request }] of Object.entries(OPERATIONS)) {
      if (row[0] !== 200) continue;
      const { text } = await ask(server, (await request('none')).path);
      for (const secret of [...Object.values(keys), id, workspace_id, server.dataDir]) {
        if (secret !== undefined && secret !== 'junk') expect(text.includes(secret), operation).toBe(false);
      }
      expect(text, operation).not.toMatch(/"d":|PRIVATE|node_modules/);
    }
  });
});

describe('another end user', () => {
  it('gets for a job of USER123 what is said of one that does not exist, and changes nothing', async () => {
    const id = await newAlignment();
    const stranger = await mintKey(server, server.bootstrap.api_key, { client_ref: 'USER456' });
    const calls: (readonly [string, string])[] = [
      ['GET', ''],
      ['GET', '?wait=0'],
      ['GET', '/transcript'],
      ['GET', '/transcript?format=txt'],
      ['GET', '/data'],
      ['GET', '/text'],
      ['GET', '/alignment'],
      ['GET', '/alignment?tags=one_per_line'],
      ['GET', '/log'],
      ['GET', '/object-urls?ttl=60&url_for=data,transcript'],
      ['DELETE', ''],
      ['DELETE', '?force=true'],
    ];
    for (const [method, suffix] of calls) {
      const foreign = await ask(server, `/v2/jobs/${id}${suffix}`, { method, key: stranger });
      const missing = await ask(server, `/v2/jobs/0000000000${suffix}`, { method, key: stranger });
      expect(foreign, `${method} ${suffix}`).toMatchObject({ status: 404, text: missing.text });
      expect(foreign.text).toBe('{"code":404,"error":"Job not found"}');
    }
    const list = await ask(server, '/v2/jobs?include_deleted=true', { key: stranger });
    expect(list.text).toBe('{"jobs":[]}');
    expect((await ask(server, `/v2/jobs/${id}/alignment`, { key: keys.batch ?? '' })).status).toBe(200);
  });
});
