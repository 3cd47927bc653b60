import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../helpers/api.ts';
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
  signIn,
} from '../../helpers/portal.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';

/** A person's account: how it is signed in, where, and how it changes and ends. */
let server: RunningServer;
let owner: Person;
/** The link that made the first account. */
let first: string;

interface Session {
  readonly account: { readonly account_id: string; readonly name: string } | null;
  readonly workspaces: readonly { readonly workspace_id: string }[];
}

interface Device {
  readonly device_id: string;
  readonly address: string;
  readonly user_agent: string;
  readonly is_current: boolean;
}

beforeAll(async () => {
  server = await startServer({
    env: { PARLEY_ENGINE: 'scripted', PARLEY_SUPPORT_CONTACT: 'help@example.test', ...MANY_SIGN_INS },
  });
  first = await firstInvitation(server);
});
afterAll(() => server?.stop());

const UNAUTHENTICATED = '{"code":401,"error":"Permission Denied"}';
const sessionOf = (browser: Browser) => browser.expect<Session>(200, 'GET', '/session');
const devicesOf = (browser: Browser) => browser.expect<Device[]>(200, 'GET', '/account/devices');
const isSignedIn = async (browser: Browser): Promise<boolean> =>
  (await sessionOf(browser)).account !== null &&
  (await browser.ask('GET', '/account/devices')).status === 200;

describe('an installation without an account', () => {
  it('says so, and what it offers, to whoever asks', async () => {
    const session = await new Browser(server).expect(200, 'GET', '/session');
    expect(session).toEqual({
      registration: 'invite',
      needs_first_account: true,
      support_contact: 'help@example.test',
      domain: 'localhost',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      oidc: null,
      account: null,
      workspaces: [],
      endpoints: expect.arrayContaining([
        { product: 'batch', environment: 'EU1', region: 'eu', host: expect.stringContaining('asr.api') },
        { product: 'rt', environment: 'EU2', region: 'eu', host: expect.stringContaining('rt.') },
      ]),
    });
  });

  it('shows what the printed link leads to, without using it up', async () => {
    const look = () => new Browser(server).expect(200, 'POST', '/invitations/look-up', { invitation: first });
    const offer = { workspace_name: 'Default workspace', role: 'admin', email: null, is_first_account: true };
    expect([await look(), await look()]).toEqual([offer, offer]);
  });

  it('lets two who use the link at once make one account', async () => {
    const attempts = await Promise.all(
      [1, 2, 3].map(async () => {
        const [browser, email] = [new Browser(server), newEmail()];
        const input = { name: 'First', email, password: PASSWORD, invitation: first };
        return { browser, email, answer: await browser.ask('POST', '/register', input) };
      }),
    );
    expect(attempts.map(({ answer }) => answer.status).sort()).toEqual([201, 410, 410]);
    const { browser, email, answer } = attempts.find((one) => one.answer.status === 201) ?? never();
    expect(answer.json()).toEqual({ workspace_id: server.bootstrap.workspace_id });
    for (const { answer: refused, email: other } of attempts.filter((one) => one.answer.status === 410)) {
      expect(refused.text).toBe('{"code":410,"error":"Gone"}');
      expect(refused.headers.getSetCookie()).toEqual([]);
      const again = await new Browser(server).ask('POST', '/sign-in', { email: other, password: PASSWORD });
      expect(again.status).toBe(401);
    }
    const session = await sessionOf(browser);
    expect(session).toMatchObject({
      needs_first_account: false,
      account: { name: 'First', email, has_password: true },
      workspaces: [{ workspace_id: answer.json().workspace_id, name: 'Default workspace', role: 'admin' }],
    });
    const { account_id: accountId } = session.account ?? never();
    owner = { browser, accountId, name: 'First', email, workspaceId: server.bootstrap.workspace_id };
  });
});

const never = (): never => {
  throw new Error('there is none');
};

describe('the first link, once there is an account', () => {
  it('is over, for visitors and for whoever is signed in', async () => {
    const browser = new Browser(server);
    const input = { name: 'x', email: newEmail(), password: PASSWORD, invitation: first };
    for (const answer of [
      await browser.ask('POST', '/register', input),
      await browser.ask('POST', '/invitations/look-up', { invitation: first }),
      await owner.browser.ask('POST', '/invitations/accept', { invitation: first }),
    ])
      expect([answer.status, answer.text]).toEqual([410, '{"code":410,"error":"Gone"}']);
    expect(await browser.expect(200, 'GET', '/session')).toMatchObject({ needs_first_account: false });
  });

  it('is not in the list of invitations', async () => {
    const path = `/workspaces/${owner.workspaceId}/invitations`;
    expect(await owner.browser.expect(200, 'GET', path)).toEqual([]);
  });
});

describe('signing in', () => {
  it('works with any case of the address, in several browsers', async () => {
    const shouted = { ...owner, email: owner.email.toUpperCase() };
    const browsers = [await signIn(owner, server), await signIn(shouted, server)];
    for (const browser of [...browsers, owner.browser])
      expect((await sessionOf(browser)).account?.account_id).toBe(owner.accountId);
  });

  it('refuses an unknown address and a wrong password alike, and leaves who is signed in so', async () => {
    const attempts = [
      { email: owner.email, password: 'wrong horse' },
      { email: newEmail(), password: 'wrong horse' },
    ];
    for (const body of attempts) {
      const answer = await new Browser(server).ask('POST', '/sign-in', body);
      expect([answer.status, answer.text]).toEqual([401, UNAUTHENTICATED]);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    const browser = await signIn(owner, server);
    await browser.expect(401, 'POST', '/sign-in', attempts[0]);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it.each(['sign in', 'register'])('to %s replaces the session the browser had', async (how) => {
    const browser = await signIn(owner, server);
    const before = browser.cookie;
    if (how === 'sign in') {
      await browser.expect(200, 'POST', '/sign-in', { email: owner.email, password: PASSWORD });
    } else {
      const invitation = await invite(owner);
      const input = { name: 'Bob', email: newEmail(), password: PASSWORD, invitation };
      await browser.expect(201, 'POST', '/register', input);
    }
    expect(browser.cookie).not.toBe(before);
    const old = new Browser(server);
    old.cookie = before;
    expect([await isSignedIn(browser), await isSignedIn(old)]).toEqual([true, false]);
  });

  it('takes no session over that somebody put into the browser before', async () => {
    const thief = await join(owner);
    const victim = new Browser(server);
    victim.cookie = thief.browser.cookie;
    await victim.expect(200, 'POST', '/sign-in', { email: owner.email, password: PASSWORD });
    expect((await sessionOf(victim)).account?.account_id).toBe(owner.accountId);
    expect(await isSignedIn(thief.browser)).toBe(false);
  });

  it.each([
    [{ email: 'no address', password: PASSWORD }, /^email in body/],
    [{ email: 'a@b.c' }, /password/],
    [{ email: 'a@b.c', password: '' }, /^password in body/],
    [{ email: 'a@b.c', password: PASSWORD, remember: true }, /remember/],
  ])('with %j is refused with what is wrong', async (body, detail) => {
    const answer = await new Browser(server).ask('POST', '/sign-in', body);
    expect(answer.json()).toEqual({
      code: 422,
      error: 'Unprocessable Entity',
      detail: expect.stringMatching(detail),
    });
  });
});

describe('signing out', () => {
  it('ends the session, not only the cookie', async () => {
    const browser = await signIn(owner, server);
    const copy = new Browser(server);
    copy.cookie = browser.cookie;
    const answer = await browser.ask('POST', '/sign-out');
    expect([answer.status, answer.text]).toEqual([200, '{"status":"OK"}']);
    expect(answer.headers.getSetCookie()).toContainEqual(
      expect.stringMatching(/^parley\.session_token=; Max-Age=0; Path=\/portal\/api;/),
    );
    expect(browser.cookie).toBe('');
    for (const one of [browser, copy]) {
      const refused = await one.ask('POST', '/sign-out');
      expect([refused.status, refused.text]).toEqual([401, UNAUTHENTICATED]);
    }
    expect(await isSignedIn(owner.browser)).toBe(true);
  });
});

describe('an account', () => {
  it('can be renamed, and others see it', async () => {
    const person = await join(owner);
    expect(await person.browser.expect(200, 'PATCH', '/account', { name: 'Zoë 🎙' })).toEqual({
      status: 'OK',
    });
    expect((await sessionOf(person.browser)).account?.name).toBe('Zoë 🎙');
    const members = await owner.browser.expect<{ account_id: string; name: string }[]>(
      200,
      'GET',
      `/workspaces/${owner.workspaceId}/members`,
    );
    expect(members.find((one) => one.account_id === person.accountId)?.name).toBe('Zoë 🎙');
    const long = await person.browser.ask('PATCH', '/account', { name: 'x'.repeat(121) });
    expect(long.json().detail).toBe('name in body should be at most 120 chars long');
  });

  it('has another password when the current one is known', async () => {
    const person = await join(owner);
    const others = [await signIn(person, server), await signIn(person, server)];
    const change = (current_password: string, new_password: string) =>
      person.browser.ask('POST', '/account/password', { current_password, new_password });
    const wrong = await change('wrong horse', 'another password');
    expect(wrong.json()).toEqual({ code: 403, error: 'Forbidden', detail: 'the password is wrong' });
    expect((await change(PASSWORD, 'short')).status).toBe(422);
    expect(await isSignedIn(others[0] ?? never())).toBe(true);

    const before = person.browser.cookie;
    const changed = await change(PASSWORD, 'another password');
    expect([changed.status, changed.text]).toEqual([200, '{"status":"OK"}']);
    expect(person.browser.cookie).not.toBe(before);
    expect(await isSignedIn(person.browser)).toBe(true);
    for (const other of others) expect(await isSignedIn(other)).toBe(false);
    const stolen = new Browser(server);
    stolen.cookie = before;
    expect(await isSignedIn(stolen)).toBe(false);
    await new Browser(server).expect(401, 'POST', '/sign-in', { email: person.email, password: PASSWORD });
    await signIn(person, server, { password: 'another password' });
  });

  it('can be deleted with its password, and made anew', async () => {
    const person = await join(owner);
    const other = await signIn(person, server);
    const wrong = await person.browser.ask('POST', '/account/delete', { password: 'wrong horse' });
    expect(wrong.json()).toEqual({ code: 403, error: 'Forbidden', detail: 'the password is wrong' });
    expect((await person.browser.ask('POST', '/account/delete', {})).status).toBe(403);
    const answer = await person.browser.ask('POST', '/account/delete', { password: PASSWORD });
    expect([answer.status, answer.text]).toEqual([200, '{"status":"OK"}']);
    expect(person.browser.cookie).toBe('');
    expect(await isSignedIn(other)).toBe(false);
    await new Browser(server).expect(401, 'POST', '/sign-in', { email: person.email, password: PASSWORD });
    const invitation = await invite(owner);
    const again = await register(server, { email: person.email, invitation });
    expect(again.accountId).not.toBe(person.accountId);
  });

  it('cannot be deleted while it is the only admin of others', async () => {
    await join(owner);
    const answer = await owner.browser.ask('POST', '/account/delete', { password: PASSWORD });
    expect(answer.json()).toEqual({
      code: 409,
      error: 'Conflict',
      detail: 'a workspace needs an admin; make another member one first',
    });
    expect(await isSignedIn(owner.browser)).toBe(true);
  });
});

describe('devices', () => {
  it('are listed with where they are, and signed out one by one or all others', async () => {
    const person = await join(owner);
    const phone = await signIn(person, server, { userAgent: 'Phone/1' });
    const desk = await signIn(person, server, { userAgent: 'Desk/2' });
    const list = await devicesOf(desk);
    expect(list).toHaveLength(3);
    const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(list.find((one) => one.is_current)).toEqual({
      ...{ device_id: expect.any(String), created_at: isoTime, last_seen_at: isoTime, expires_at: isoTime },
      ...{ address: '127.0.0.1', user_agent: 'Desk/2', is_current: true },
    });
    const ofPhone = list.find((one) => one.user_agent === 'Phone/1') ?? never();
    await desk.expect(200, 'DELETE', `/account/devices/${ofPhone.device_id}`);
    expect([await isSignedIn(phone), await isSignedIn(desk)]).toEqual([false, true]);
    const again = await desk.ask('DELETE', `/account/devices/${ofPhone.device_id}`);
    expect(again.json()).toEqual({ code: 404, error: expect.any(String), detail: 'device not found' });

    await desk.expect(200, 'POST', '/account/devices/sign-out-others');
    expect([await isSignedIn(person.browser), await isSignedIn(desk)]).toEqual([false, true]);
    expect(await devicesOf(desk)).toHaveLength(1);
  });

  it('of another account are as unknown as none', async () => {
    const person = await join(owner);
    const [device] = await devicesOf(owner.browser);
    const [foreign, unknown] = [
      await person.browser.ask('DELETE', `/account/devices/${device?.device_id}`),
      await person.browser.ask('DELETE', `/account/devices/${'0'.repeat(22)}`),
    ];
    expect([foreign.status, foreign.text]).toEqual([404, unknown.text]);
    expect(await isSignedIn(owner.browser)).toBe(true);
  });
});

describe('every answer', () => {
  it('has a request id, which stands for it in the audit log', async () => {
    const person = await join(owner);
    const answer = await person.browser.ask('POST', '/account/password', {
      current_password: PASSWORD,
      new_password: 'another password',
    });
    const id = answer.headers.get('request-id') ?? '';
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    const log = await ask(server, '/v1/operator/audit?action=account.password_changed', {
      key: server.bootstrap.operator_token,
    });
    const { entries } = log.json<{ entries: { request_id: string }[] }>();
    expect(entries.find((one) => one.request_id === id)).toMatchObject({
      target: person.accountId,
      actor: { kind: 'account', id: person.accountId, name: person.email },
      workspace_id: null,
      address: '127.0.0.1',
    });
  });
});
