import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, submitSpeech } from '../../helpers/api.ts';
import { send } from '../../helpers/management.ts';
import {
  join,
  MANY_SIGN_INS,
  mintInPortal,
  type Person,
  projectOf,
  register,
  registerFirst,
} from '../../helpers/portal.ts';
import { RealtimeClient } from '../../helpers/realtime.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';

/** Projects, keys and tokens as people make and end them in the portal, and what the keys then open. */
let server: RunningServer;
let owner: Person;
let member: Person;
let projectId: number;

beforeAll(async () => {
  const env = { PARLEY_ENGINE: 'scripted', PARLEY_REGISTRATION: 'open', PARLEY_RATE_READ: '10000/10000' };
  server = await startServer({ env: { ...env, ...MANY_SIGN_INS } });
  owner = await registerFirst(server);
  member = await join(owner);
  projectId = await projectOf(owner);
});
afterAll(() => server?.stop());

interface WireKey {
  readonly apikey_id: string;
  readonly key_prefix?: string;
  readonly name: string;
}

interface Made {
  readonly apikey_id: string;
  readonly key_value: string;
}

interface Receipt {
  readonly version: number;
  readonly complete: boolean;
  readonly environments: readonly { readonly environment: string }[];
}

const at = (rest: string) => `/workspaces/${owner.workspaceId}${rest}`;
const statusOf = async (key: string): Promise<number> =>
  (await ask(server, '/v2/jobs?limit=1', { key })).status;
const newKey = (properties: object = {}, { browser }: Person = member) =>
  browser.expect<Made>(201, 'POST', at('/api-keys'), { project_id: projectId, name: 'key', ...properties });
const keysOf = ({ browser }: Person, query = '') =>
  browser.expect<WireKey[]>(200, 'GET', at(`/api-keys${query}`));
const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);

describe('projects', () => {
  it('are made, renamed and deleted by admins, and seen by members', async () => {
    const { browser } = owner;
    const input = { name: 'Calls', description: 'Of the hotline' };
    const made = await browser.expect<{ project_id: number }>(201, 'POST', at('/projects'), input);
    expect(made).toEqual({
      ...{ project_id: expect.any(Number), name: 'Calls', description: 'Of the hotline' },
      ...{ is_default: false, is_active: true, created_at: isoTime },
    });
    const path = at(`/projects/${made.project_id}`);
    expect(await member.browser.expect(200, 'GET', path)).toEqual(made);
    const renamed = { ...made, name: 'Chats' };
    expect(await browser.expect(200, 'PUT', path, { name: 'Chats' })).toEqual(renamed);
    expect(await member.browser.expect(200, 'GET', at('/projects'))).toContainEqual(renamed);
    const viaApi = await send(server, server.bootstrap.management_token, 'GET', '/v1/projects');
    expect(viaApi.json()).toContainEqual(renamed);
    const { key_value } = await newKey({ project_id: made.project_id });
    expect(await statusOf(key_value)).toBe(200);
    const deleted = await browser.ask('DELETE', path);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    await expect.poll(() => statusOf(key_value), { timeout: 3_000 }).toBe(401);
    expect((await member.browser.ask('GET', path)).json().detail).toBe('project not found');
    const standard = await browser.ask('DELETE', at(`/projects/${projectId}`));
    expect(standard.json().detail).toBe('the default project of a workspace cannot be deleted');
  });

  it('end and erase an end user, with a receipt', async () => {
    const path = at(`/projects/${projectId}/client-refs/USER%2F123`);
    const key = await mintInPortal(member, projectId, { client_ref: 'USER/123' });
    const id = await submitSpeech(server, key);
    const jobs = async (as: string) => (await ask(server, '/v2/jobs', { key: as })).text;
    expect(await jobs(key)).toContain(id);
    const ended = await owner.browser.expect<{ receipt: Receipt }>(200, 'POST', `${path}/end?wait=5`);
    expect(ended.receipt.complete).toBe(true);
    expect(await statusOf(key)).toBe(401);
    const again = await mintInPortal(member, projectId, { client_ref: 'USER/123' });
    expect(await jobs(again)).toContain(id);
    await owner.browser.expect(200, 'DELETE', `${path}?wait=5`);
    const all = await mintInPortal(member, projectId);
    expect(await jobs(all)).not.toContain(id);
  });
});

describe('an API key', () => {
  it('is made by a member, works, and is listed by its first characters', async () => {
    const expires_at = new Date(Date.now() + 86_400_000).toISOString();
    const properties = { name: 'Phone', client_ref: 'USER123', expires_at, keep_serving_hours: 24 };
    const made = await newKey(properties);
    expect(made).toEqual({
      apikey_id: expect.stringMatching(/^key_[a-z0-9]{16}$/),
      key_value: expect.stringMatching(/^ply_[0-9A-Za-z]{39}$/),
    });
    expect(await statusOf(made.key_value)).toBe(200);
    const shown = await member.browser.ask('GET', at(`/api-keys/${made.apikey_id}`));
    expect(shown.json()).toEqual({
      ...{ apikey_id: made.apikey_id, project_id: projectId, created_at: isoTime, is_imported: false },
      ...properties,
      key_prefix: made.key_value.slice(0, 8),
      ...(shown.text.includes('last_used_at') && { last_used_at: isoTime }),
    });
    const list = await owner.browser.ask('GET', at('/api-keys'));
    expect(list.json<WireKey[]>()[0]).toMatchObject({ apikey_id: made.apikey_id });
    expect(list.text + shown.text).not.toContain(made.key_value);
    const viaApi = await send(
      server,
      server.bootstrap.management_token,
      'GET',
      `/v1/api-keys/${made.apikey_id}`,
    );
    expect(viaApi.json()).toMatchObject({ name: 'Phone', key_prefix: made.key_value.slice(0, 8) });
  });

  it('is listed with those of its project', async () => {
    const other = await owner.browser.expect<{ project_id: number }>(201, 'POST', at('/projects'), {
      name: 'p',
    });
    const made = await newKey({ project_id: other.project_id });
    expect((await keysOf(member, `?project_id=${other.project_id}`)).map((one) => one.apikey_id)).toEqual([
      made.apikey_id,
    ]);
    const own = await keysOf(member, `?project_id=${projectId}`);
    expect(own.some((one) => one.apikey_id === made.apikey_id)).toBe(false);
  });

  it('is rotated, with or without grace', async () => {
    const [now, later] = [await newKey(), await newKey()];
    const rotate = (id: string, body: object) =>
      member.browser.expect<Made>(201, 'POST', at(`/api-keys/${id}/rotate`), body);
    const successor = await rotate(now.apikey_id, { grace_seconds: 0 });
    const other = await rotate(later.apikey_id, { grace_seconds: 60 });
    await expect.poll(() => statusOf(now.key_value), { timeout: 3_000 }).toBe(401);
    for (const { key_value } of [successor, later, other]) expect(await statusOf(key_value)).toBe(200);
    expect(await member.browser.expect(200, 'GET', at(`/api-keys/${successor.apikey_id}`))).toMatchObject({
      rotated_from: now.apikey_id,
      key_prefix: successor.key_value.slice(0, 8),
    });
    const again = await member.browser.ask('POST', at(`/api-keys/${later.apikey_id}/rotate`), {});
    expect(again.json()).toEqual({
      code: 409,
      error: 'Conflict',
      detail: 'this API key has been rotated already',
    });
  });

  it('is revoked with a receipt, which tells how far that has come', async () => {
    const { apikey_id, key_value } = await newKey();
    expect(await statusOf(key_value)).toBe(200);
    const path = at(`/api-keys/${apikey_id}`);
    const answer = await member.browser.expect<{ status: string; receipt: Receipt }>(
      200,
      'DELETE',
      `${path}?wait=10`,
    );
    expect(answer.status).toBe('OK');
    const nodes = [{ node_id: expect.stringMatching(/^node_/), state: 'acknowledged' }];
    expect(answer.receipt).toEqual({
      version: expect.any(Number),
      complete: true,
      environments: ['AU1', 'EU1', 'EU2', 'US1', 'US2'].map((environment) => ({
        ...{ environment, complete: true, nodes },
      })),
    });
    expect(await statusOf(key_value)).toBe(401);
    const receipt = await member.browser.expect(200, 'GET', at(`/receipts/${answer.receipt.version}?wait=1`));
    expect(receipt).toEqual(answer.receipt);
    expect((await member.browser.ask('DELETE', path)).json()).toEqual({
      code: 404,
      error: 'Not Found',
      detail: 'API key not found',
    });
    for (const version of ['x', '-1', '1.5', '9'.repeat(16)]) {
      const none = await member.browser.ask('GET', at(`/receipts/${version}`));
      expect(none.json()).toEqual({ code: 404, error: 'Not Found', detail: 'receipt not found' });
    }
    for (const wait of ['x', '-1', '61']) {
      expect((await member.browser.ask('GET', at(`/receipts/1?wait=${wait}`))).status).toBe(422);
    }
  });

  it.each([
    [{ name: '' }, /^name in body/],
    [{ name: 'x'.repeat(121) }, /^name in body should be at most 120 chars long$/],
    [{ name: 'a\u001b[31m' }, /^name in body/],
    [{ project_id: '1' }, /^project_id in body/],
    [{ expires_at: 'tomorrow' }, /expires_at/],
    [{ account_id: 'acc_0000000000000000' }, /account_id/],
    [{ workspace_id: 'ws_0000000000000000' }, /workspace_id/],
  ])('is not made with %j', async (wrong, detail) => {
    const body = { project_id: projectId, name: 'key', ...wrong };
    const answer = await member.browser.ask('POST', at('/api-keys'), body);
    expect(answer.json()).toMatchObject({ code: 422, detail: expect.stringMatching(detail) });
  });

  it('is in the audit log under the name of who made it, and never its value', async () => {
    const { apikey_id, key_value } = await newKey({ name: '=cmd|calc' });
    const { text, json } = await owner.browser.ask('GET', at(`/audit?search=${apikey_id}`));
    expect(json<{ entries: object[] }>().entries).toMatchObject([
      {
        action: 'api_key.created',
        target: apikey_id,
        actor: { kind: 'account', id: member.accountId, name: member.email },
        details: { project_id: projectId, name: '=cmd|calc' },
      },
    ]);
    expect(text).not.toContain(key_value);
  });
});

describe('a temporary key of the portal', () => {
  it('opens the Jobs API as any other does, and the real-time API', async () => {
    const key = await mintInPortal(member, projectId);
    const id = await submitSpeech(server, key);
    expect((await ask(server, `/v2/jobs/${id}`, { key })).status).toBe(200);
    const jwt = await mintInPortal(member, projectId, { type: 'rt' });
    const session = await RealtimeClient.start(server, { jwt });
    await session.finish();
    expect((await session.closed).code).toBe(1000);
    expect(await statusOf(jwt)).toBe(403);
  });

  it('with a client_ref sees the jobs of that end user alone', async () => {
    const [ann, bob] = [
      await mintInPortal(member, projectId, { client_ref: 'ANN' }),
      await mintInPortal(owner, projectId, { client_ref: 'BOB' }),
    ];
    const id = await submitSpeech(server, ann);
    const all = await mintInPortal(owner, projectId);
    for (const [key, status] of [
      [ann, 200],
      [bob, 404],
      [all, 200],
    ] as const)
      expect((await ask(server, `/v2/jobs/${id}`, { key })).status).toBe(status);
  });

  it('is minted with a key of the person that no list shows and nobody holds', async () => {
    const before = await keysOf(owner);
    const key = await mintInPortal(owner, projectId);
    expect(await keysOf(owner)).toEqual(before);
    const { akid } = JSON.parse(Buffer.from(key.split('.')[1] ?? '', 'base64url').toString());
    expect(akid).toMatch(/^key_/);
    for (const [method, rest, body] of [
      ['GET', ''],
      ['POST', '/rotate', {}],
    ] as const)
      expect((await owner.browser.ask(method, at(`/api-keys/${akid}${rest}`), body)).status).toBe(404);
    const viaApi = await send(server, server.bootstrap.management_token, 'GET', `/v1/api-keys/${akid}`);
    expect(viaApi.status).toBe(404);
    const again = await mintInPortal(owner, projectId);
    expect(JSON.parse(Buffer.from(again.split('.')[1] ?? '', 'base64url').toString()).akid).toBe(akid);
    const log = await owner.browser.expect<{ entries: object[] }>(200, 'GET', at(`/audit?search=${akid}`));
    expect(log.entries).toMatchObject([{ action: 'api_key.created', actor: { id: owner.accountId } }]);
  });

  it('is minted alike by many who ask at once', async () => {
    const person = await join(owner);
    const keys = await Promise.all([1, 2, 3, 4, 5, 6].map(() => mintInPortal(person, projectId)));
    const minters = keys.map(
      (key) => JSON.parse(Buffer.from(key.split('.')[1] ?? '', 'base64url').toString()).akid,
    );
    expect(new Set(minters).size).toBe(1);
  });

  it.each([
    ['', {}, /ttl/],
    ['', { ttl: 59 }, /^ttl in body/],
    ['', { ttl: 3_601 }, /^ttl in body/],
    ['', { ttl: '60' }, /^ttl in body/],
    ['?type=x', { ttl: 60 }, /^type in query/],
    ['', { ttl: 60, name: 'x' }, /name/],
    ['', { ttl: 60, limits: { unknown: 1 } }, /unknown/],
    ['?type=rt', { ttl: 60, region: 'nowhere' }, /^region in body/],
  ])('is not minted with %j %j', async (query, body, detail) => {
    const answer = await member.browser.ask(
      'POST',
      at(`/projects/${projectId}/temporary-keys${query}`),
      body,
    );
    expect(answer.json()).toMatchObject({ code: 422, detail: expect.stringMatching(detail) });
  });

  it('is not minted for a project of nobody', async () => {
    const stranger = await register(server);
    for (const id of ['999999', String(await projectOf(stranger)), 'x', '0', '-1', '1.5']) {
      const answer = await member.browser.ask('POST', at(`/projects/${id}/temporary-keys`), { ttl: 60 });
      expect(answer.json(), id).toEqual({ code: 404, error: 'Not Found', detail: 'project not found' });
    }
  });
});

describe('the inspection of a key', () => {
  const inspect = (key_value: string) =>
    member.browser.expect<{ accepted: boolean; reason?: string; explanation?: string }>(
      200,
      'POST',
      at('/temporary-keys/inspect'),
      { key_value },
    );

  it('says that it is accepted, and which key stands behind it', async () => {
    const { apikey_id, key_value } = await newKey();
    const key = await ask(server, '/v1/api_keys', {
      method: 'POST',
      key: key_value,
      body: JSON.stringify({ ttl: 60 }),
    });
    for (const one of [key_value, key.json<{ key_value: string }>().key_value])
      expect(await inspect(one)).toMatchObject({ accepted: true, apikey_id, project_id: projectId });
  });

  it('says why it is not', async () => {
    const dead = await newKey();
    const child = (
      await ask(server, '/v1/api_keys', {
        method: 'POST',
        key: dead.key_value,
        body: JSON.stringify({ ttl: 60 }),
      })
    ).json<{ key_value: string }>().key_value;
    await member.browser.expect(200, 'DELETE', at(`/api-keys/${dead.apikey_id}?wait=5`));
    const ended = await newKey({ expires_at: new Date(Date.now() + 1_000).toISOString() });
    await expect.poll(() => statusOf(ended.key_value), { timeout: 4_000 }).toBe(401);
    for (const [key, reason] of [
      [dead.key_value, 'revoked'],
      [child, 'revoked'],
      [ended.key_value, 'expired'],
      [`${child.slice(0, -4)}AAAA`, expect.stringMatching(/^\w+$/)],
      ['nonsense', expect.stringMatching(/^(malformed|unknown)$/)],
      [server.bootstrap.management_token, 'wrong_kind'],
    ] as const) {
      const told = await inspect(key);
      expect(told).toMatchObject({
        accepted: false,
        reason,
        explanation: expect.stringMatching(/^[A-Z].*\.$/),
      });
      expect(JSON.stringify(told)).not.toContain(key);
    }
  });

  it.each([{}, { key_value: '' }, { key_value: 'x'.repeat(5_001) }, { key_value: 1 }])(
    'is refused of %j',
    async (body) => {
      expect((await member.browser.ask('POST', at('/temporary-keys/inspect'), body)).status).toBe(422);
    },
  );
});

describe('management tokens', () => {
  it('are made, listed by their first characters, and revoked by admins', async () => {
    const { browser } = owner;
    const path = at('/management-tokens');
    const body = { name: 'CI', permissions: ['projects:view', 'api-keys:view'] };
    const made = await browser.expect<{ token_id: string; token_value: string }>(201, 'POST', path, body);
    expect(made).toMatchObject({
      token_id: expect.stringMatching(/^tok_/),
      token_value: expect.stringMatching(/^plym_[0-9A-Za-z]{39}$/),
    });
    const list = await browser.ask('GET', path);
    expect(list.json<object[]>()[0]).toEqual({
      ...{ token_id: made.token_id, ...body, created_at: isoTime },
      token_prefix: made.token_value.slice(0, 9),
    });
    expect(list.text).not.toContain(made.token_value);
    expect((await send(server, made.token_value, 'GET', '/v1/projects')).status).toBe(200);
    await browser.expect(200, 'DELETE', `${path}/${made.token_id}`);
    expect((await send(server, made.token_value, 'GET', '/v1/projects')).status).toBe(401);
    expect((await browser.ask('DELETE', `${path}/${made.token_id}`)).status).toBe(404);
    for (const wrong of [
      { name: 'x', permissions: [] },
      { name: 'x', permissions: ['operator'] },
      { name: 'x' },
    ])
      expect((await browser.ask('POST', path, wrong)).status).toBe(422);
  });
});
