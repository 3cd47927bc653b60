import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PERMISSIONS } from '../../src/identity/principal.ts';
import { ask, jobForm, mintKey, readClip } from '../helpers/api.ts';
import { freePort } from '../helpers/free-port.ts';
import {
  type Customer,
  expectJson,
  newCustomer,
  newKey,
  newManagementToken,
  newProject,
  operate,
  send,
} from '../helpers/management.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** What the owner of a workspace and the operator can do, and that it has its effect at once. */
const SUPPORT = 'help@example.test';
let server: RunningServer;
/** Leads to an environment of the region `usa`. */
let us1: { baseUrl: string };
let own: Customer;

beforeAll(async () => {
  const port = await freePort();
  server = await startServer({
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_SUPPORT_CONTACT: SUPPORT,
      PARLEY_ENVIRONMENT_PORTS: `us1=${port}`,
      PARLEY_RATE_BAD_CREDENTIALS: '100000/100000',
      PARLEY_RATE_READ: '100000/100000',
    },
  });
  us1 = { baseUrl: `http://127.0.0.1:${port}` };
  const { workspace_id, project_id, management_token, api_key } = server.bootstrap;
  own = { workspaceId: workspace_id, projectId: project_id, token: management_token, apiKey: api_key };
});
afterAll(() => server?.stop());

interface WireProject {
  readonly project_id: number;
  readonly name: string;
  readonly is_default: boolean;
}

interface WireKey {
  readonly apikey_id: string;
  readonly project_id: number;
  readonly last_used_at?: string;
}

const manage = (method: string, path: string, body?: unknown) => send(server, own.token, method, path, body);
const statusOf = async (key: string, at: { baseUrl: string } = server): Promise<number> =>
  (await ask(at, '/v2/jobs?limit=1', { key })).status;
const keyOf = (id: string) => expectJson<WireKey>(200, manage('GET', `/v1/api-keys/${id}`));

describe('projects', () => {
  it('are listed, created, shown, renamed and deleted', async () => {
    const before = await expectJson<WireProject[]>(200, manage('GET', '/v1/projects'));
    expect(before).toMatchObject([{ project_id: own.projectId, is_default: true, is_active: true }]);
    const created = await expectJson<WireProject>(
      201,
      manage('POST', '/v1/projects', { name: 'Calls', description: 'Of the hotline', contract_id: 7 }),
    );
    expect(created).toEqual({
      project_id: expect.any(Number),
      name: 'Calls',
      description: 'Of the hotline',
      is_default: false,
      is_active: true,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    const path = `/v1/projects/${created.project_id}`;
    expect((await manage('GET', path)).json()).toEqual(created);
    const renamed = { ...created, name: 'Chats' };
    expect((await manage('PUT', path, { name: 'Chats' })).json()).toEqual(renamed);
    expect((await manage('GET', '/v1/projects')).json()).toEqual([...before, renamed]);
    const deleted = await manage('DELETE', path);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    for (const [method, body] of [['GET'], ['DELETE'], ['PUT', { name: 'x' }]] as const) {
      expect((await manage(method, path, body)).status).toBe(404);
    }
    expect((await manage('GET', '/v1/projects')).json()).toEqual(before);
  });

  it('the default one cannot be deleted', async () => {
    const answer = await manage('DELETE', `/v1/projects/${own.projectId}`);
    expect([answer.status, answer.json().detail]).toEqual([
      403,
      'the default project of a workspace cannot be deleted',
    ]);
    expect(await statusOf(own.apiKey)).toBe(200);
  });

  it('keep their jobs apart', async () => {
    const projectId = await newProject(server, own.token);
    const { value } = await newKey(server, { ...own, projectId });
    const form = jobForm(await readClip());
    const { id } = await expectJson<{ id: string }>(
      201,
      ask(server, '/v2/jobs', { method: 'POST', key: value, body: form }),
    );
    expect((await ask(server, `/v2/jobs/${id}`, { key: value })).status).toBe(200);
    expect((await ask(server, `/v2/jobs/${id}`, { key: own.apiKey })).status).toBe(404);
  });
});

describe('an API key', () => {
  it('has what it was created with, and never shows its value again', async () => {
    const expires_at = new Date(Date.now() + 86_400_000).toISOString();
    const properties = { name: 'Phone', client_ref: 'USER123', expires_at, keep_serving_hours: 24 };
    const { id, value } = await newKey(server, own, properties);
    expect(value).toMatch(/^ply_/);
    const shown = await manage('GET', `/v1/api-keys/${id}`);
    expect(shown.json()).toEqual({
      apikey_id: id,
      project_id: own.projectId,
      key_prefix: value.slice(0, 8),
      created_at: expect.any(String),
      is_imported: false,
      ...properties,
    });
    const list = await manage('GET', '/v1/api-keys');
    expect(list.json<WireKey[]>()[0]).toEqual(shown.json());
    expect(list.text + shown.text).not.toContain(value);
  });

  it('is listed with those of its project', async () => {
    const projectId = await newProject(server, own.token);
    const ids = [];
    for (let i = 0; i < 2; i += 1) ids.unshift((await newKey(server, { ...own, projectId })).id);
    const list = (query: string) => expectJson<WireKey[]>(200, manage('GET', `/v1/api_keys${query}`));
    expect((await list(`?project_id=${projectId}`)).map((key) => key.apikey_id)).toEqual(ids);
    expect((await list('')).map((key) => key.apikey_id).slice(0, 2)).toEqual(ids);
    expect((await list(`?project_id=${own.projectId}`)).every((key) => key.project_id !== projectId)).toBe(
      true,
    );
  });

  it('ends when it was said to', async () => {
    const expires_at = new Date(Date.now() + 2_000).toISOString();
    const { value } = await newKey(server, own, { expires_at });
    const child = await mintKey(server, value);
    expect([await statusOf(value), await statusOf(child)]).toEqual([200, 200]);
    await expect.poll(() => statusOf(value), { timeout: 4_000 }).toBe(401);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expires_at) - 200);
    expect(await statusOf(child)).toBe(401);
  });

  it.each(['batch', 'mint'] as const)('tells when it was last used, by %s', async (use) => {
    const { id, value } = await newKey(server, own);
    expect(await keyOf(id)).not.toHaveProperty('last_used_at');
    const usedMs = Date.now();
    if (use === 'batch') await statusOf(value);
    else await mintKey(server, value);
    const lastUsed = async () => Date.parse((await keyOf(id)).last_used_at ?? '');
    await expect.poll(lastUsed, { timeout: 7_000, interval: 200 }).toBeGreaterThan(usedMs - 1_000);
  });
});

describe('rotating an API key', () => {
  const rotate = (id: string, body?: object) =>
    expectJson<{ key_value: string; apikey_id: string }>(
      201,
      manage('POST', `/v1/api-keys/${id}/rotate`, body),
    );

  it('without grace ends the old key, and what it minted, at once', async () => {
    const old = await newKey(server, own, { client_ref: 'USER123', name: 'Phone', keep_serving_hours: 3 });
    const child = await mintKey(server, old.value);
    const successor = await rotate(old.id, { grace_seconds: 0 });
    expect([await statusOf(old.value), await statusOf(child)]).toEqual([401, 401]);
    expect(await statusOf(successor.key_value)).toBe(200);
    expect(await keyOf(successor.apikey_id)).toEqual({
      ...{ apikey_id: successor.apikey_id, project_id: own.projectId, rotated_from: old.id },
      ...{ client_ref: 'USER123', name: 'Phone', keep_serving_hours: 3, is_imported: false },
      key_prefix: successor.key_value.slice(0, 8),
      created_at: expect.any(String),
    });
  });

  it('with grace lets both work until it is over', async () => {
    const old = await newKey(server, own);
    const child = await mintKey(server, old.value);
    const { key_value: successor } = await rotate(old.id, { grace_seconds: 3 });
    for (const key of [old.value, child, successor]) expect(await statusOf(key)).toBe(200);
    await expect.poll(() => statusOf(old.value), { timeout: 5_000 }).toBe(401);
    expect([await statusOf(child), await statusOf(successor)]).toEqual([401, 200]);
  });

  it('takes a day of grace by default, and never makes a key last longer', async () => {
    const day = await newKey(server, own);
    await rotate(day.id);
    const { expires_at } = (await keyOf(day.id)) as { expires_at?: string };
    expect(Math.abs(Date.parse(expires_at ?? '') - Date.now() - 86_400_000)).toBeLessThan(5_000);
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const short = await newKey(server, own, { expires_at: soon });
    await rotate(short.id);
    expect(await keyOf(short.id)).toMatchObject({ expires_at: soon });
  });

  it('gives the successor the end of the old key, or another one', async () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const later = new Date(Date.now() + 7_200_000).toISOString();
    const kept = await rotate((await newKey(server, own, { expires_at: soon })).id);
    expect(await keyOf(kept.apikey_id)).toMatchObject({ expires_at: soon });
    const moved = await rotate((await newKey(server, own, { expires_at: soon })).id, { expires_at: later });
    expect(await keyOf(moved.apikey_id)).toMatchObject({ expires_at: later });
  });

  it('happens once: then the successor is the one to rotate', async () => {
    const old = await newKey(server, own);
    const successor = await rotate(old.id);
    const again = await manage('POST', `/v1/api-keys/${old.id}/rotate`);
    expect([again.status, again.json().detail]).toEqual([409, 'this API key has been rotated already']);
    expect(await statusOf((await rotate(successor.apikey_id)).key_value)).toBe(200);
  });
});

describe('taking over a key of another system', () => {
  const foreign = () => randomBytes(64).toString('base64').replaceAll(/[+/=]/g, '').slice(0, 32);
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const take = (member: object) =>
    manage('POST', '/v1/api-keys', { project_id: own.projectId, name: 'Old key', ...member });

  it.each([
    ['its value', (key: string) => ({ key_value: key })],
    ['its SHA-256', (key: string) => ({ key_sha256: sha256(key) })],
  ])('by %s', async (_, member) => {
    const key = foreign();
    expect(key).toMatch(/^[0-9A-Za-z]{32}$/);
    expect(await statusOf(key)).toBe(401);
    const taken = await take(member(key));
    const { apikey_id } = await expectJson<{ apikey_id: string }>(201, Promise.resolve(taken));
    expect(taken.json()).toEqual({ apikey_id });
    expect(await statusOf(key)).toBe(200);
    const child = await mintKey(server, key, { client_ref: 'USER123' });
    expect(await statusOf(child)).toBe(200);
    expect(await keyOf(apikey_id)).toMatchObject({ is_imported: true, name: 'Old key' });

    expect(await statusOf(sha256(key))).toBe(401);
    for (const again of [{ key_value: key }, { key_sha256: sha256(key) }]) {
      const refused = await take(again);
      expect([refused.status, refused.json().detail]).toEqual([409, 'this key is already known']);
    }
    await expectJson(200, manage('DELETE', `/v1/api-keys/${apikey_id}`));
    expect([await statusOf(key), await statusOf(child)]).toEqual([401, 401]);
    // A key that was revoked stays so.
    expect((await take({ key_value: key })).status).toBe(409);
  });

  it('that Parley itself issued is no way to get a second one', async () => {
    expect((await take({ key_value: own.apiKey })).status).toBe(409);
    expect((await take({ key_sha256: sha256(own.apiKey) })).status).toBe(409);
  });
});

describe('the receipt of a revocation', () => {
  it('names the nodes of every environment, and is complete when they know', async () => {
    const { id, value } = await newKey(server, own);
    expect(await statusOf(value)).toBe(200);
    const { status, receipt } = await expectJson<{ status: string; receipt: object }>(
      200,
      manage('DELETE', `/v1/api-keys/${id}?wait=10`),
    );
    expect(status).toBe('OK');
    const nodes = [{ node_id: expect.stringMatching(/^node_/), state: 'acknowledged' }];
    const environments = ['AU1', 'EU1', 'EU2', 'US1', 'US2'].map((environment) => ({
      environment,
      complete: true,
      nodes,
    }));
    expect(receipt).toEqual({ version: expect.any(Number), complete: true, environments });
    expect(await statusOf(value)).toBe(401);
    expect((await manage('DELETE', `/v1/api-keys/${id}`)).status).toBe(404);
  });

  it('is given without waiting too, with one of the three states', async () => {
    const { id } = await newKey(server, own);
    const answer = await manage('DELETE', `/v1/api_keys/${id}`);
    const { receipt } = answer.json<{ receipt: { environments: { nodes: { state: string }[] }[] } }>();
    const states = receipt.environments.flatMap(({ nodes }) => nodes.map(({ state }) => state));
    expect(states.length).toBeGreaterThan(0);
    for (const state of states) expect(['acknowledged', 'waiting']).toContain(state);
  });
});

describe('a management token', () => {
  /** A request for each route and what it needs; made with ids that exist nowhere, so that nothing changes. */
  const ROUTES: readonly (readonly [method: string, path: string, needs: string[], body?: object])[] = [
    ['GET', '/v1/projects', ['projects:view']],
    ['GET', '/v1/projects/999999', ['projects:view']],
    ['POST', '/v1/projects', ['projects:manage'], {}],
    ['PUT', '/v1/projects/999999', ['projects:manage'], { name: 'x' }],
    ['DELETE', '/v1/projects/999999', ['projects:manage']],
    ['POST', '/v1/projects/999999/client-refs/USER123/end', ['projects:manage']],
    ['DELETE', '/v1/projects/999999/client-refs/USER123', ['projects:manage']],
    ['GET', '/v1/api-keys', ['api-keys:view']],
    ['GET', '/v1/api-keys/key_0000000000000000', ['api-keys:view']],
    ['POST', '/v1/api-keys', ['api-keys:create'], { project_id: 999_999, name: 'x' }],
    ['POST', '/v1/api-keys/key_0000000000000000/rotate', ['api-keys:create', 'api-keys:delete']],
    ['DELETE', '/v1/api-keys/key_0000000000000000', ['api-keys:delete']],
  ];

  it('does what its permissions say and nothing else, for every subset of them', async () => {
    for (let subset = 1; subset < 2 ** PERMISSIONS.length; subset += 1) {
      const permissions: string[] = PERMISSIONS.filter((_, index) => (subset >> index) & 1);
      const token = await newManagementToken(server, own.workspaceId, permissions);
      for (const [method, path, needs, body] of ROUTES) {
        const { status, text } = await send(server, token, method, path, body);
        const missing = needs.find((one) => !permissions.includes(one));
        const detail = `this management token lacks the permission ${missing}`;
        const context = `${permissions} ${method} ${path} ${text}`;
        if (missing === undefined) expect([200, 404, 422], context).toContain(status);
        else expect([status, JSON.parse(text).detail], context).toEqual([403, detail]);
      }
    }
  });

  it('is listed without its value, and refused once it is revoked', async () => {
    const path = `/workspaces/${own.workspaceId}/management-tokens`;
    const body = { name: 'Portal', permissions: ['projects:view'] };
    const created = await expectJson<{ token_id: string; token_value: string }>(
      201,
      operate(server, 'POST', path, body),
    );
    const list = await operate(server, 'GET', path);
    expect(list.json<object[]>()[0]).toEqual({
      token_id: created.token_id,
      token_prefix: created.token_value.slice(0, 9),
      created_at: expect.any(String),
      ...body,
    });
    expect(list.text).not.toContain(created.token_value);
    const use = async () => (await send(server, created.token_value, 'GET', '/v1/projects')).status;
    expect(await use()).toBe(200);
    expect((await operate(server, 'DELETE', `${path}/${created.token_id}`)).json()).toEqual({ status: 'OK' });
    expect(await use()).toBe(401);
    expect((await operate(server, 'DELETE', `${path}/${created.token_id}`)).status).toBe(404);
    expect((await operate(server, 'GET', path)).text).not.toContain(created.token_id);
  });
});

describe('a workspace', () => {
  const change = (workspaceId: string, terms: object) =>
    expectJson<{ workspace: object; receipt: object }>(
      200,
      operate(server, 'PATCH', `/workspaces/${workspaceId}?wait=10`, terms),
    );
  const mint = (key: string, body: object = {}) =>
    send(server, key, 'POST', '/v1/api_keys', { ttl: 60, ...body });

  it('is created with what was asked for, and sensible terms for the rest', async () => {
    const plain = await expectJson<object>(201, operate(server, 'POST', '/workspaces', { name: 'Plain' }));
    const { workspace, project_id } = plain as { workspace: { workspace_id: string }; project_id: number };
    expect(workspace).toEqual({
      ...{ workspace_id: expect.stringMatching(/^ws_/), name: 'Plain', customer_type: 'on-demand' },
      ...{ regions: ['eu'], temporary_keys_enabled: true },
      ...{ max_running_jobs: null, max_sessions: null, monthly_audio_hours: null },
      created_at: expect.any(String),
    });
    expect((await operate(server, 'GET', `/workspaces/${workspace.workspace_id}`)).json()).toEqual(workspace);
    expect((await operate(server, 'GET', '/workspaces')).json<object[]>()).toContainEqual(workspace);
    expect(project_id).toBeGreaterThan(own.projectId);
    const terms = {
      ...{ name: 'Big', customer_type: 'enterprise', regions: ['usa', 'eu'] },
      ...{ max_running_jobs: 5, max_sessions: 6 },
    };
    const big = await expectJson<object>(201, operate(server, 'POST', '/workspaces', terms));
    expect(big).toMatchObject({ workspace: { ...terms, temporary_keys_enabled: false } });
  });

  it('of an enterprise mints once that is enabled, and is told whom to ask before', async () => {
    const customer = await newCustomer(server, { customer_type: 'enterprise' });
    const refused = await mint(customer.apiKey);
    expect([refused.status, refused.json().detail]).toEqual([
      403,
      `temporary keys are not enabled for this workspace; contact ${SUPPORT}`,
    ]);
    await change(customer.workspaceId, { temporary_keys_enabled: true });
    expect((await mint(customer.apiKey)).status).toBe(201);
    await change(customer.workspaceId, { temporary_keys_enabled: false });
    expect((await mint(customer.apiKey)).status).toBe(403);
    await change(customer.workspaceId, { customer_type: 'on-demand' });
    expect((await mint(customer.apiKey)).status).toBe(201);
  });

  it('is known in the regions it is contracted for, from the change on', async () => {
    const terms = { customer_type: 'enterprise', temporary_keys_enabled: true };
    const customer = await newCustomer(server, terms);
    const abroad = () => statusOf(customer.apiKey, us1);
    const child = await mintKey(server, customer.apiKey);
    expect([await statusOf(customer.apiKey), await statusOf(child), await abroad()]).toEqual([200, 200, 401]);
    const { workspace } = await change(customer.workspaceId, { regions: ['usa'] });
    expect(workspace).toMatchObject({ regions: ['usa'] });
    expect([await statusOf(customer.apiKey), await statusOf(child), await abroad()]).toEqual([401, 401, 200]);
    const later = await newKey(server, customer);
    expect([await statusOf(later.value), await statusOf(later.value, us1)]).toEqual([401, 200]);
    await change(customer.workspaceId, { regions: ['usa', 'eu'] });
    expect([await statusOf(customer.apiKey), await abroad()]).toEqual([200, 200]);
  });

  it('has its quotas from the change on, and is without them again', async () => {
    const customer = await newCustomer(server);
    const clip = await readClip();
    const submit = () =>
      ask(server, '/v2/jobs', { method: 'POST', key: customer.apiKey, body: jobForm(clip) });
    expect((await submit()).status).toBe(201);
    await change(customer.workspaceId, { max_running_jobs: 0 });
    expect((await submit()).json()).toEqual({ code: 429, error: 'Max concurrent running jobs exceeded' });
    await change(customer.workspaceId, { max_running_jobs: null, monthly_audio_hours: 0 });
    expect(await submit()).toMatchObject({
      status: 403,
      text: expect.stringContaining('Your limit is 0 hours.'),
    });
    await change(customer.workspaceId, { monthly_audio_hours: null });
    expect((await submit()).status).toBe(201);
  });

  it('is changed with a receipt; one that is not there is not found', async () => {
    const { workspaceId } = await newCustomer(server);
    expect(await change(workspaceId, { name: 'Renamed' })).toMatchObject({
      workspace: { workspace_id: workspaceId, name: 'Renamed' },
      receipt: { complete: true },
    });
    const missing = '/workspaces/ws_0000000000000000';
    expect((await operate(server, 'GET', missing)).status).toBe(404);
    expect((await operate(server, 'PATCH', missing, { name: 'a' })).status).toBe(404);
  });
});

describe('ending an end user', () => {
  const end = (clientRef: string, more = '') =>
    manage('POST', `/v1/projects/${own.projectId}/client-refs/${encodeURIComponent(clientRef)}/end${more}`);

  it('refuses its temporary keys at once, used before or not, and no others', async () => {
    const { apiKey } = own;
    const remembered = await mintKey(server, apiKey, { client_ref: 'stolen' });
    const unused = await mintKey(server, apiKey, { client_ref: 'stolen' });
    const other = await mintKey(server, apiKey, { client_ref: 'other' });
    const nobody = await mintKey(server, apiKey);
    expect([await statusOf(remembered), await statusOf(other)]).toEqual([200, 200]);
    const answer = await end('stolen', '?wait=10');
    expect(answer.json()).toMatchObject({ status: 'OK', receipt: { complete: true } });
    expect([await statusOf(remembered), await statusOf(unused)]).toEqual([401, 401]);
    for (const key of [other, nobody, apiKey]) expect(await statusOf(key)).toBe(200);
  });

  it('leaves keys minted afterwards, even at once', async () => {
    for (let round = 0; round < 3; round += 1) {
      expect((await end('again')).status).toBe(200);
      expect(await statusOf(await mintKey(server, own.apiKey, { client_ref: 'again' }))).toBe(200);
    }
  });

  it.each<[string, string]>([
    ...['é 日本 😀', 'a/b', 'a?b#c&d', '100%', '%2e', '__proto__', '1'].map((ref): [string, string] => [
      ref,
      ref,
    ]),
    ['256 characters of two units', '😀'.repeat(256)],
    ['NEL', 'a\u0085b'],
  ])('whatever it is called: %s', async (_, clientRef) => {
    const key = await mintKey(server, own.apiKey, { client_ref: clientRef });
    expect(await statusOf(key)).toBe(200);
    expect((await end(clientRef)).status).toBe(200);
    expect(await statusOf(key)).toBe(401);
  });

  it('in one project leaves its namesake in another', async () => {
    const projectId = await newProject(server, own.token);
    const { value } = await newKey(server, { ...own, projectId });
    const namesake = await mintKey(server, value, { client_ref: 'USER123' });
    await end('USER123');
    expect(await statusOf(namesake)).toBe(200);
  });
});
