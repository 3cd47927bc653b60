import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Address, type Answer, ask, createApiKey, listJobs, submitSpeech } from '../../helpers/api.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';

/** The long-lived key: how one is come by, where it is needed, and how little it opens. */
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ env: { PARLEY_ENGINE: 'scripted' } });
});
afterAll(() => server?.stop());

const UNKNOWN = '{"code":401,"error":"Permission Denied"}';

const post = (path: string, key: string, body: object): Promise<Answer> =>
  ask(server, path, { method: 'POST', key, body: JSON.stringify(body) });

const createKey = (body: object): Promise<Answer> =>
  post('/v1/api-keys', server.bootstrap.management_token, {
    project_id: server.bootstrap.project_id,
    ...body,
  });

interface Operation {
  readonly security: readonly unknown[];
}

/** Method, path and whether a key is needed, for everything the server says it can do. */
async function operations(
  at: Address,
): Promise<(readonly [method: string, path: string, isPublic: boolean])[]> {
  const { paths } = (await ask(at, '/openapi.json')).json<{
    paths: Record<string, Record<string, Operation>>;
  }>();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { security }]) =>
        [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, '0000000000'), security.length === 0] as const,
    ),
  );
}

describe('an API key', () => {
  it('is needed for every operation but the few that are public', async () => {
    // The portal's are for people who are signed in: test/attack/portal.test.ts.
    const all = (await operations(server)).filter(([, path]) => !path.startsWith('/portal/'));
    const free = all.filter(([, , isPublic]) => isPublic).map(([, path]) => path);
    expect(new Set(free)).toEqual(
      new Set([
        '/objects/0000000000', // the token in the path is the credential
        '/v1/secret-scanning/github', // signed by GitHub
        '/v1/discovery/features',
        '/.well-known/jwks.json',
        '/health/live',
        '/health/ready',
        '/openapi.json',
      ]),
    );
    const needing = all.filter(([, , isPublic]) => !isPublic);
    expect(needing.length).toBeGreaterThan(30);
    for (const [method, path] of needing) {
      for (const key of [undefined, 'not-a-key']) {
        const { status, text } = await ask(server, path, { method, ...(key && { key }) });
        expect([method, path, status, text]).toEqual([method, path, 401, method === 'HEAD' ? '' : UNKNOWN]);
      }
    }
  });

  it('is made under a name, and not without one', async () => {
    const made = await createKey({ name: 'Recorder in the court room' });
    expect(made.status).toBe(201);
    const { apikey_id } = made.json();
    const path = `/v1/api-keys/${apikey_id}`;
    const found = await ask(server, path, { key: server.bootstrap.management_token });
    expect(found.json()).toMatchObject({ apikey_id, name: 'Recorder in the court room' });
    for (const [body, message] of [
      [{}, 'name in body is required'],
      [{ name: '' }, 'name in body should be at least 1 chars long'],
      [{ name: 'a'.repeat(121) }, 'name in body should be at most 120 chars long'],
    ] as const) {
      const refused = await createKey(body);
      expect({ status: refused.status, ...refused.json() }).toMatchObject({ status: 422, message });
    }
  });

  it('is made by the administration of its workspace only', async () => {
    const body = { project_id: server.bootstrap.project_id, name: 'mine' };
    expect((await post('/v1/api-keys', server.bootstrap.operator_token, body)).status).toBe(401);
    expect((await post('/v1/api-keys', server.bootstrap.api_key, body)).status).toBe(422);
  });

  it('is shown when it is made and never again', async () => {
    const { management_token, operator_token } = server.bootstrap;
    const { apikey_id, key_value } = (await createKey({ name: 'Shown once' })).json<{
      apikey_id: string;
      key_value: string;
    }>();
    expect((await ask(server, '/v2/jobs', { key: key_value })).status).toBe(200);
    const later = [
      await ask(server, '/v1/api-keys', { key: management_token }),
      await ask(server, `/v1/api-keys/${apikey_id}`, { key: management_token }),
      await ask(server, '/v1/audit', { key: management_token }),
      await ask(server, '/v1/operator/audit', { key: operator_token }),
    ];
    for (const { status, text } of later) {
      expect(status).toBe(200);
      expect(text).toContain(apikey_id);
      expect(text).not.toContain(key_value.slice(4, -6));
    }
    expect(server.logs().join('\n')).not.toContain(key_value.slice(4, -6));
  });

  it('in the documented header lists the jobs', async () => {
    const id = await submitSpeech(server, server.bootstrap.api_key);
    const headers = { Authorization: `Bearer ${server.bootstrap.api_key}` };
    for (const path of ['/v2/jobs/', '/v2/jobs']) {
      const answer = await ask(server, path, { headers });
      expect(answer.status).toBe(200);
      expect(answer.json()).toMatchObject({ jobs: [{ id }] });
    }
  });
});

describe('least privilege', () => {
  it('an API key opens one project and nothing of the others', async () => {
    const { management_token, api_key } = server.bootstrap;
    const project = await post('/v1/projects', management_token, { name: 'Another' });
    const { project_id } = project.json<{ project_id: number }>();
    const other = await createApiKey(
      { ...server, bootstrap: { ...server.bootstrap, project_id } },
      { name: 'other' },
    );
    const own = await submitSpeech(server, other);
    const foreign = await submitSpeech(server, api_key);
    expect((await listJobs(server, other)).map(({ id }) => id)).toEqual([own]);
    expect((await listJobs(server, api_key)).map(({ id }) => id)).not.toContain(own);
    for (const method of ['GET', 'DELETE']) {
      for (const [key, id] of [
        [other, foreign],
        [api_key, own],
      ] as const) {
        const answer = await ask(server, `/v2/jobs/${id}?force=true`, { method, key });
        expect([answer.status, answer.text]).toEqual([404, '{"code":404,"error":"Job not found"}']);
      }
    }
  });

  it('a management token does what it has the permission for and nothing else', async () => {
    const { workspace_id, operator_token, project_id } = server.bootstrap;
    const path = `/v1/operator/workspaces/${workspace_id}/management-tokens`;
    const made = await post(path, operator_token, { name: 'Viewer', permissions: ['api-keys:view'] });
    const { token_value: key } = made.json<{ token_value: string }>();
    const list = await ask(server, '/v1/api-keys', { key });
    expect(list.status).toBe(200);
    const [first] = list.json<{ apikey_id: string }[]>();
    const refused = [
      await post('/v1/api-keys', key, { project_id, name: 'mine' }),
      await ask(server, `/v1/api-keys/${first?.apikey_id}`, { method: 'DELETE', key }),
      await ask(server, '/v1/projects', { key }),
      await post('/v1/projects', key, { name: 'mine' }),
    ];
    for (const answer of refused) {
      expect(answer.status).toBe(403);
      expect(answer.json().detail).toMatch(/^this management token lacks the permission [a-z-]+:[a-z]+$/);
    }
  });
});

describe('a key that may have leaked', () => {
  it('is revoked at once, with every temporary key it minted, and no other key is', async () => {
    const { management_token } = server.bootstrap;
    const made = await createKey({ name: 'Leaked' });
    const { apikey_id, key_value } = made.json<{ apikey_id: string; key_value: string }>();
    const mint = async (type: string) =>
      (await post(`/v1/api_keys?type=${type}`, key_value, { ttl: 600, client_ref: 'USER123' })).json<{
        key_value: string;
      }>().key_value;
    const ended = [key_value, await mint('batch'), await mint('rt')];
    const statuses = () =>
      Promise.all(ended.map(async (key) => (await ask(server, '/v2/jobs', { key })).status));
    expect(await statuses()).toEqual([200, 200, 403]);
    const path = `/v1/api-keys/${apikey_id}?wait=10`;
    const revoked = await ask(server, path, { method: 'DELETE', key: management_token });
    expect(revoked.json()).toMatchObject({ status: 'OK', receipt: { complete: true } });
    expect(await statuses()).toEqual([401, 401, 401]);
    expect((await post('/v1/api_keys', key_value, { ttl: 60 })).status).toBe(401);
    expect((await ask(server, '/v2/jobs', { key: server.bootstrap.api_key })).status).toBe(200);
  });
});
