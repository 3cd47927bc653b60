import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../helpers/api.ts';
import { newCustomer, operate } from '../helpers/management.ts';
import { type Outcome, parley } from '../helpers/parley.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** The commands of the operator, each as a process of its own. */
let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ env: { PARLEY_ENGINE: 'scripted' } });
});
afterAll(() => server?.stop());

const run = (...args: string[]): Promise<Outcome> =>
  parley(...args, '--url', server.baseUrl, '--token-file', path.join(server.dataDir, 'bootstrap.json'));

async function json<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await run(...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as T;
}

interface Workspace {
  readonly workspace_id: string;
  readonly name: string;
}

describe('parley workspaces', () => {
  it('creates, shows, changes and lists', async () => {
    const options = ['--name', 'Bank', '--customer-type', 'enterprise', '--region', 'eu', '--region', 'usa'];
    const quotas = ['--max-running-jobs', '5', '--max-sessions', '6', '--monthly-audio-hours', '1.5'];
    const created = await run('workspaces', 'create', ...options, ...quotas);
    expect({ code: created.code, err: created.err }).toEqual({ code: 0, err: '' });
    const id = /^workspace +(ws_\w+)$/m.exec(created.out)?.[1] ?? '';
    const terms = {
      ...{ name: 'Bank', customer_type: 'enterprise', regions: ['eu', 'usa'] },
      ...{ temporary_keys_enabled: false, max_running_jobs: 5, max_sessions: 6, monthly_audio_hours: 1.5 },
    };
    expect((await operate(server, 'GET', `/workspaces/${id}`)).json()).toMatchObject(terms);
    expect(created.out).toMatch(/^regions +eu, usa$/m);
    expect(created.out).toMatch(/^temporary keys +disabled$/m);
    expect(created.out).toMatch(/^default project +\d+$/m);

    const none = ['--max-running-jobs', 'none', '--max-sessions', 'none', '--monthly-audio-hours', 'none'];
    const changed = await run('workspaces', 'change', id, '--temporary-keys', 'enabled', ...none);
    expect(changed.code).toBe(0);
    expect(changed.out).toMatch(/^temporary keys +enabled\nmax running jobs +none\nmax sessions +none$/m);
    expect(await json('workspaces', 'show', id)).toMatchObject({
      ...terms,
      temporary_keys_enabled: true,
      ...{ max_running_jobs: null, max_sessions: null, monthly_audio_hours: null },
    });
    expect((await run('workspaces', 'show', id)).out).toMatch(/^name +Bank$/m);
    expect((await json<Workspace[]>('workspaces', 'list')).map((one) => one.workspace_id)).toEqual([
      server.bootstrap.workspace_id,
      id,
    ]);
    expect((await run('workspaces', 'list')).out).toMatch(
      new RegExp(`^${id} +enterprise +eu,usa +Bank$`, 'm'),
    );
  });

  it('does not let a name write to the terminal', async () => {
    await operate(server, 'POST', '/workspaces', { name: 'a\u009b31m\u202eb\u2028c' });
    const { out } = await run('workspaces', 'list');
    expect(out).toMatch(/a\ufffd31m\ufffdb\ufffdc$/m);
  });

  it('exits with 2 and the reason when the server refuses, and makes nothing', async () => {
    const before = await json('workspaces', 'list');
    const cases: [string[], RegExp][] = [
      [['show', 'ws_0000000000000000'], /answered 404: workspace not found/],
      [['show', '../audit'], /answered 404/],
      [['create', '--name', 'a', '--region', 'mars'], /answered 422: regions\.0 in body should be one of/],
      [['create', '--name', ''], /answered 422: name in body should be at least 1 chars long/],
      [['change', server.bootstrap.workspace_id], /answered 422/],
    ];
    for (const [args, reason] of cases) {
      expect(await run('workspaces', ...args)).toEqual({
        code: 2,
        out: '',
        err: expect.stringMatching(reason),
      });
    }
    expect(await json('workspaces', 'list')).toEqual(before);
  });

  it.each([
    ['no name', ['create']],
    ['a type nobody knows', ['create', '--name', 'a', '--customer-type', 'free']],
    ['a quota that is no number', ['create', '--name', 'a', '--max-running-jobs', '-1']],
  ])('with %s is not even asked', async (_, args) => {
    expect(await run('workspaces', ...args)).toMatchObject({ code: 1, out: '' });
  });
});

describe('parley operator-tokens', () => {
  it('creates a token that works, lists it, and revokes it, but not the last one', async () => {
    const created = await run('operator-tokens', 'create', '--name', 'Night\u202eshift');
    expect(created).toEqual({
      code: 0,
      out: expect.stringMatching(/^plyo_[0-9A-Za-z]{39}\n$/),
      err: expect.stringMatching(/^Token tok_\w+; it is shown here and never again:\n$/),
    });
    const list = await run('operator-tokens', 'list');
    expect(list.out).toMatch(
      /^TOKEN +CREATED +NAME\ntok_\w+ +\S+Z +Night\ufffdshift\ntok_\w+ +\S+Z +First operator token\n$/,
    );
    const [added, original] = await json<{ token_id: string }[]>('operator-tokens', 'list');
    // What it prints is a file of the token as it is.
    const file = path.join(server.dataDir, 'operator-token');
    await writeFile(file, created.out);
    const withFile = (...args: string[]) =>
      parley('operator-tokens', ...args, '--url', server.baseUrl, '--token-file', file);
    expect((await withFile('list')).out).toBe(list.out);
    const id = added?.token_id ?? '';
    expect(await withFile('revoke', id)).toEqual({ code: 0, out: `Token ${id} is revoked.\n`, err: '' });
    expect(await withFile('list')).toMatchObject({ code: 2, err: expect.stringContaining('answered 401') });
    const cases: [string, RegExp][] = [
      [id, /answered 404: operator token not found$/m],
      [original?.token_id ?? '', /answered 409: the last operator token cannot be revoked; create another/],
    ];
    for (const [other, reason] of cases) {
      expect(await run('operator-tokens', 'revoke', other)).toEqual({
        code: 2,
        out: '',
        err: expect.stringMatching(reason),
      });
    }
    expect(await json('operator-tokens', 'list')).toEqual([original]);
  });

  it.each([['create'], ['recover']])('%s without a name is not even tried', async (action) => {
    expect(await parley('operator-tokens', action)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining("required option '--name <name>'"),
    });
  });
});

describe('parley tokens', () => {
  it('creates a token that works, lists it, and revokes it', async () => {
    const { workspaceId } = await newCustomer(server);
    const of = ['--workspace', workspaceId];
    const permissions = ['--permission', 'projects:view', '--permission', 'api-keys:view'];
    const created = await run('tokens', 'create', ...of, '--name', 'Portal', ...permissions);
    expect(created).toEqual({
      code: 0,
      out: expect.stringMatching(/^plym_[0-9A-Za-z]{39}\n$/),
      err: expect.stringMatching(/^Token tok_\w+; it is shown here and never again:\n$/),
    });
    const use = async () => (await ask(server, '/v1/projects', { key: created.out.trim() })).status;
    expect(await use()).toBe(200);
    const list = await run('tokens', 'list', ...of);
    expect(list.out).toMatch(
      /^TOKEN +CREATED +PERMISSIONS +NAME\ntok_\w+ +\S+Z +projects:view,api-keys:view +Portal$/m,
    );
    expect(list.out).not.toContain('plym_');
    const [token] = await json<{ token_id: string; name: string }[]>('tokens', 'list', ...of);
    expect(token).toMatchObject({ name: 'Portal' });
    const id = token?.token_id ?? '';
    expect((await run('tokens', 'revoke', id, ...of)).out).toBe(`Token ${id} is revoked.\n`);
    expect(await use()).toBe(401);
    expect(await run('tokens', 'revoke', id, ...of)).toMatchObject({
      code: 2,
      err: expect.stringContaining('404: management token not found'),
    });
  });

  it('refuses a permission that does not exist', async () => {
    const args = ['--workspace', server.bootstrap.workspace_id, '--name', 'a', '--permission', 'everything'];
    expect(await run('tokens', 'create', ...args)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('422: permissions.0 in body should be one of'),
    });
  });
});
