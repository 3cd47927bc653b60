import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operate } from '../../helpers/management.ts';
import { serverOfTest, temporaryDirectory } from '../../helpers/per-test.ts';
import {
  Browser,
  firstInvitation,
  invite,
  join,
  MANY_SIGN_INS,
  newEmail,
  PASSWORD,
  type Person,
  register,
  registerFirst,
  signIn,
} from '../../helpers/portal.ts';
import { newDatabase } from '../../helpers/postgres.ts';
import { joinServer, type RunningServer, startServer } from '../../helpers/server.ts';

/** Who may make an account, where, and what of it outlasts a server. */
const ENV = { PARLEY_ENGINE: 'scripted', ...MANY_SIGN_INS };
const GONE = '{"code":410,"error":"Gone"}';

const applicant = (more: object = {}) => ({ name: 'Bob', email: newEmail(), password: PASSWORD, ...more });
const apply = (server: RunningServer, more: object = {}) =>
  new Browser(server).ask('POST', '/register', applicant(more));
const isSignedIn = async (browser: Browser): Promise<boolean> =>
  (await browser.ask('GET', '/account/devices')).status === 200;

describe('where registration is open', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer({ env: { ...ENV, PARLEY_REGISTRATION: 'open' } });
  });
  afterAll(() => server?.stop());

  it('everybody gets a workspace of their own, with a project, on the terms of the installation', async () => {
    const [ann, bob] = [await register(server, { name: 'Ann' }), await register(server, { name: 'Bob' })];
    expect(ann.workspaceId).not.toBe(bob.workspaceId);
    expect(await ann.browser.expect(200, 'GET', '/session')).toMatchObject({
      registration: 'open',
      account: { account_id: ann.accountId, name: 'Ann', email: ann.email, has_password: true },
      workspaces: [{ workspace_id: ann.workspaceId, name: "Ann's workspace", role: 'admin' }],
    });
    expect(await ann.browser.expect(200, 'GET', `/workspaces/${ann.workspaceId}`)).toMatchObject({
      workspace_id: ann.workspaceId,
      name: "Ann's workspace",
      customer_type: 'on-demand',
      regions: ['eu'],
      temporary_keys_enabled: true,
      max_running_jobs: null,
      max_sessions: null,
      monthly_audio_hours: null,
    });
    const projects = await ann.browser.expect(200, 'GET', `/workspaces/${ann.workspaceId}/projects`);
    expect(projects).toMatchObject([{ is_default: true }]);
  });

  it('the first link is over once anybody has an account, and nobody gets the first workspace by it', async () => {
    const invitation = await firstInvitation(server);
    const answer = await apply(server, { invitation });
    expect([answer.status, answer.text]).toEqual([410, GONE]);
    const ann = await register(server);
    expect((await ann.browser.ask('POST', '/invitations/accept', { invitation })).text).toBe(GONE);
  });

  it('an address has one account, whatever its case', async () => {
    const { email } = await register(server);
    for (const same of [email, email.toUpperCase()]) {
      const answer = await apply(server, { email: same });
      expect(answer.json()).toEqual({
        code: 409,
        error: 'Conflict',
        detail: 'there is an account with this email already',
      });
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  });

  it('two who register one address at once make one account with one workspace', async () => {
    const before = (await workspaces(server)).length;
    const email = newEmail();
    const answers = await Promise.all([1, 2, 3, 4].map(() => apply(server, { email })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect((await workspaces(server)).length).toBe(before + 1);
  });

  it.each([
    [{ name: '' }, /^name in body/],
    [{ name: 'x'.repeat(121) }, /^name in body should be at most 120 chars long$/],
    [{ name: 'a\u0000b' }, /^name in body/],
    [{ email: 'nowhere' }, /^email in body/],
    [{ email: `${'x'.repeat(260)}@example.org` }, /^email in body/],
    [{ password: 'short' }, /^password in body should be at least 8 chars long$/],
    [{ password: 'x'.repeat(129) }, /^password in body should be at most 128 chars long$/],
    [{ role: 'admin' }, /role/],
    [{ invitation: 'not base62!' }, /^invitation in body/],
  ])('with %j nobody is registered, and is told why', async (wrong, detail) => {
    const answer = await apply(server, wrong);
    expect(answer.json()).toEqual({
      code: 422,
      error: 'Unprocessable Entity',
      detail: expect.stringMatching(detail),
    });
  });

  it('takes names in any script', async () => {
    const { browser } = await register(server, { name: 'Łukasz 张伟 🎙️' });
    expect(await browser.expect(200, 'GET', '/session')).toMatchObject({
      account: { name: 'Łukasz 张伟 🎙️' },
    });
  });
});

const workspaces = async (server: RunningServer): Promise<object[]> =>
  (await operate(server, 'GET', '/workspaces')).json<object[]>();

describe('where an invitation is needed', () => {
  let server: RunningServer;
  let owner: Person;
  beforeAll(async () => {
    server = await startServer({ env: { ...ENV, PARLEY_REGISTRATION: 'invite' } });
    owner = await registerFirst(server);
  });
  afterAll(() => server?.stop());

  it('nobody makes an account without one, and the name of an account is not told', async () => {
    for (const email of [newEmail(), owner.email]) {
      const answer = await apply(server, { email });
      expect(answer.json()).toEqual({
        code: 403,
        error: 'Forbidden',
        detail: 'an invitation is needed to make an account here',
      });
    }
  });

  it.each(['', 'x', 'a'.repeat(33)])('an invitation that was never made (%j) is over', async (invitation) => {
    for (const answer of [
      await apply(server, { invitation }),
      await new Browser(server).ask('POST', '/invitations/look-up', { invitation }),
      await owner.browser.ask('POST', '/invitations/accept', { invitation }),
    ])
      expect([answer.status, answer.text]).toEqual([410, GONE]);
  });

  it('is used up by one of many who come at once; the others leave nothing behind', async () => {
    const invitation = await invite(owner);
    const applicants = Array.from({ length: 6 }, () => applicant({ invitation }));
    const answers = await Promise.all(
      applicants.map((input) => new Browser(server).ask('POST', '/register', input)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 410, 410, 410, 410, 410]);
    const signedIn = await Promise.all(
      applicants.map(({ email, password }) =>
        new Browser(server).ask('POST', '/sign-in', { email, password }),
      ),
    );
    expect(signedIn.map(({ status }) => status)).toEqual(
      answers.map(({ status }) => (status === 201 ? 200 : 401)),
    );
    const path = `/workspaces/${owner.workspaceId}/members`;
    expect(await owner.browser.expect(200, 'GET', path)).toHaveLength(2);
    // The address of one who was refused is free.
    const refused = applicants[answers.findIndex(({ status }) => status === 410)];
    await register(server, { email: refused?.email ?? '', invitation: await invite(owner) });
  });
});

describe('where registration is closed', () => {
  it('the first account is made, and no other, with an invitation or without', async () => {
    const server = await serverOfTest({ env: { ...ENV, PARLEY_REGISTRATION: 'closed' } });
    expect(await new Browser(server).expect(200, 'GET', '/session')).toMatchObject({
      registration: 'closed',
      needs_first_account: true,
    });
    const owner = await registerFirst(server);
    const without = await apply(server);
    expect(without.json().detail).toBe('an invitation is needed to make an account here');
    const answer = await apply(server, { invitation: await invite(owner) });
    expect(answer.json()).toEqual({ code: 403, error: 'Forbidden', detail: 'no accounts are made here' });
    expect(await isSignedIn(owner.browser)).toBe(true);
  });
});

describe('the link to the first account', () => {
  it('is good for one of many at once, however they meet', async () => {
    for (let round = 0; round < 4; round += 1) {
      const server = await startServer({ env: ENV });
      try {
        const invitation = await firstInvitation(server);
        const answers = await Promise.all([1, 2, 3, 4].map(() => apply(server, { invitation })));
        expect(answers.map(({ status }) => status).sort()).toEqual([201, 410, 410, 410]);
      } finally {
        await server.stop();
      }
    }
  });

  it('is printed at each start until it was used; each is good until then', async () => {
    const databaseUrl = await newDatabase();
    const dataDir = temporaryDirectory();
    const env = { ...ENV, PARLEY_DATABASE_URL: databaseUrl, PARLEY_PORTAL_URL: 'http://portal.example.test' };
    const first = await startServer({ env, dataDir });
    const older = await firstInvitation(first);
    expect(first.logs()).toContainEqual(
      `parley: make the first account at http://portal.example.test/portal/invitation#${older}`,
    );
    expect(await first.stop()).toBe(0);
    const second = await startServer({ env, dataDir });
    const newer = await firstInvitation(second);
    expect(newer).not.toBe(older);
    const owner = await register(second, { invitation: older });
    expect((await apply(second, { invitation: newer })).text).toBe(GONE);
    expect(await second.stop()).toBe(0);
    const third = await serverOfTest({ env, dataDir });
    await isSignedIn(owner.browser.on(third));
    expect(third.logs().filter((line) => line.includes('first account'))).toEqual([]);
  });
});

describe('a session', () => {
  it('outlasts the server, and counts on every node of its database', async () => {
    const databaseUrl = await newDatabase();
    const dataDir = temporaryDirectory();
    const env = { ...ENV, PARLEY_DATABASE_URL: databaseUrl };
    const first = await startServer({ env, dataDir });
    const owner = await registerFirst(first);
    const person = await join(owner);
    expect(await first.stop()).toBe(0);

    const near = await serverOfTest({ env, dataDir });
    const far = await joinServer(near, env);
    try {
      const [here, there] = [owner.browser.on(near), owner.browser.on(far)];
      for (const browser of [here, there])
        expect(await browser.expect(200, 'GET', '/session')).toMatchObject({
          account: { account_id: owner.accountId },
          workspaces: [{ workspace_id: owner.workspaceId, role: 'admin' }],
        });
      const [other] = [await signIn(person, far)];
      expect(await isSignedIn(other.on(near))).toBe(true);
      // What ends here has ended there, from the next request on.
      await here.expect(200, 'DELETE', `/workspaces/${owner.workspaceId}/members/${person.accountId}`);
      await other.expect(404, 'GET', `/workspaces/${owner.workspaceId}`);
      await there.expect(200, 'POST', '/sign-out');
      expect(await isSignedIn(here)).toBe(false);
    } finally {
      await far.stop();
    }
  });

  it('is prolonged while it is used, and over two weeks after', async () => {
    const databaseUrl = await newDatabase();
    const server = await serverOfTest({ env: { ...ENV, PARLEY_DATABASE_URL: databaseUrl } });
    const database = new pg.Client({ connectionString: databaseUrl });
    await database.connect();
    try {
      const owner = await registerFirst(server);
      const lifetime = async () => {
        const { rows } = await database.query(
          'select extract(epoch from expires_at - now()) as seconds from portal_sessions',
        );
        return Number(rows[0].seconds);
      };
      const fortnight = 14 * 86_400;
      expect(Math.abs((await lifetime()) - fortnight)).toBeLessThan(30);
      const quiet = await owner.browser.ask('GET', '/account/devices');
      expect(quiet.headers.getSetCookie()).toEqual([]);

      // As if it had been made three hours ago.
      const age = (by: string) =>
        database.query(
          `update portal_sessions set expires_at = expires_at - $1::interval, updated_at = updated_at - $1::interval`,
          [by],
        );
      for (const ask of ['/account/devices', '/session', `/workspaces/${owner.workspaceId}`]) {
        await age('3 hours');
        const { headers } = await owner.browser.ask('GET', ask);
        expect(headers.getSetCookie(), ask).toEqual([
          expect.stringMatching(
            /session_token=[^;]+; Max-Age=1209600; Path=\/portal\/api; HttpOnly; SameSite=Strict$/,
          ),
        ]);
        expect(Math.abs((await lifetime()) - fortnight), ask).toBeLessThan(30);
      }
      await age('337 hours');
      await owner.browser.expect(401, 'GET', '/account/devices');
    } finally {
      await database.end();
    }
  });

  it('is not opened by a server with another pepper on the same database', async () => {
    const env = { ...ENV, PARLEY_DATABASE_URL: await newDatabase() };
    const server = await serverOfTest({ env });
    const owner = await registerFirst(server);
    const stray = temporaryDirectory();
    const other = await startServer({
      bootstrap: server.bootstrap,
      env: { ...env, PARLEY_PEPPER_FILE: path.join(stray, 'pepper') },
    }).catch((error: Error) => error);
    if (other instanceof Error) return;
    try {
      expect(await isSignedIn(owner.browser.on(other))).toBe(false);
    } finally {
      await other.stop();
    }
  });
});
