import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCustomer } from '../../helpers/management.ts';
import { parley } from '../../helpers/parley.ts';
import { Browser, MANY_SIGN_INS, mintInPortal, projectOf, register, signIn } from '../../helpers/portal.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';

/** Links that the operator makes at a terminal and passes on, because no mail is sent. */
let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ env: { ...MANY_SIGN_INS, PARLEY_ENGINE: 'scripted' } });
});
afterAll(() => server?.stop());

const run = (...args: string[]) =>
  parley(...args, '--url', server.baseUrl, '--token-file', path.join(server.dataDir, 'bootstrap.json'));

/** The secret of the link that a command prints, which leads to this page. */
async function link(page: string, ...args: string[]): Promise<string> {
  const { code, out } = await run('accounts', ...args);
  expect(code).toBe(0);
  const [address, secret = ''] = out.trim().split('#');
  expect(address).toBe(`${server.baseUrl}/portal/${page}`);
  return secret;
}

const invite = (workspaceId: string, ...more: string[]) =>
  link('invitation', 'invite', '--workspace', workspaceId, ...more);

describe('an invitation by the operator', () => {
  it.each(['admin', 'member'])('lets a person into a workspace that has nobody yet, as %s', async (role) => {
    const { workspaceId } = await newCustomer(server);
    const invitation = await invite(workspaceId, '--role', role);
    const person = await register(server, { invitation });
    expect(person.workspaceId).toBe(workspaceId);
    expect(await person.browser.expect(200, 'GET', '/session')).toMatchObject({
      workspaces: [{ workspace_id: workspaceId, role }],
    });
  });

  it('may be for one address only', async () => {
    const { workspaceId } = await newCustomer(server);
    const invitation = await invite(workspaceId, '--email', 'only@example.com');
    const body = { name: 'Bob', email: 'other@example.com', password: 'long enough', invitation };
    expect((await new Browser(server).ask('POST', '/register', body)).status).toBe(403);
    expect((await register(server, { invitation, email: 'Only@example.com' })).workspaceId).toBe(workspaceId);
  });

  it('needs a workspace that is there', async () => {
    const { code, err } = await run('accounts', 'invite', '--workspace', 'ws_0000000000000000');
    expect(code).not.toBe(0);
    expect(err).toContain('workspace not found');
  });
});

describe('a link to a new password', () => {
  const NEXT = 'a new password';
  const reset = (secret: string, password = NEXT) =>
    new Browser(server).ask('POST', '/reset-password', { reset: secret, new_password: password });

  it('sets it once, signs out every device and ends what the person had opened', async () => {
    const { workspaceId } = await newCustomer(server);
    const invitation = await invite(workspaceId);
    const person = await register(server, { invitation, email: 'forgetful@example.com' });
    const key = await mintInPortal(person, await projectOf(person));
    const secret = await link('reset-password', 'reset-password', 'Forgetful@example.com');
    expect((await reset(secret, 'short')).status).toBe(422);
    expect((await reset(secret)).json()).toEqual({ status: 'OK' });
    expect(await reset(secret)).toMatchObject({ status: 410 });
    expect((await person.browser.ask('GET', '/account/devices')).status).toBe(401);
    const old = { email: person.email, password: 'correct horse battery' };
    expect((await new Browser(server).ask('POST', '/sign-in', old)).status).toBe(401);
    const browser = await signIn(person, server, { password: NEXT });
    expect(
      await browser.expect(200, 'POST', `/workspaces/${person.workspaceId}/temporary-keys/inspect`, {
        key_value: key,
      }),
    ).toMatchObject({ accepted: false, reason: 'revoked' });
  });

  it('is made for nobody who has no account', async () => {
    const { code, err } = await run('accounts', 'reset-password', 'nobody@example.com');
    expect(code).not.toBe(0);
    expect(err).toContain('account not found');
  });

  it.each(['', 'nonsense', 'a'.repeat(200), '../x'])('is not guessed: %s', async (secret) => {
    expect([410, 422]).toContain((await reset(secret)).status);
  });
});
