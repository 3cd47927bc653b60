import { setTimeout as sleep } from 'node:timers/promises';
import type { TSchema } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask } from '../helpers/api.ts';
import { deviations } from '../helpers/openapi.ts';
import { serverOfTest } from '../helpers/per-test.ts';
import {
  API,
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
} from '../helpers/portal.ts';
import { type PortalOperation, portalOperations } from '../helpers/portal-routes.ts';
import { bearer, rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** What is typed into the portal, by guessers and by those who send what no form lets through. */
let server: RunningServer;
let owner: Person;
let operations: readonly PortalOperation[];

const ENV = {
  PARLEY_ENGINE: 'scripted',
  PARLEY_REGISTRATION: 'open',
  PARLEY_LOG_LEVEL: 'trace',
  PARLEY_RATE_READ: '100000/100000',
};

beforeAll(async () => {
  server = await startServer({ env: { ...ENV, ...MANY_SIGN_INS } });
  operations = await portalOperations(server);
  owner = await registerFirst(server);
});
afterAll(() => server?.stop());

const UNAUTHENTICATED = '{"code":401,"error":"Permission Denied"}';
const MUCH = 'x'.repeat(100_000);
/** Text that no name, address or id has. */
const NASTY: Readonly<Record<string, string>> = {
  empty: '',
  NUL: 'a\u0000b@example.org',
  'control characters': 'a\u0001\u001b[31m\r\n@example.org',
  'half a surrogate pair': 'a\ud800b@example.org',
  'much text': `${MUCH}@example.org`,
  'right to left': '\u202eabc@example.org',
  'full-width letters': 'ａdmin@ｅxample.org',
  'another script': 'пользователь@пример.рф',
  'an emoji': '🎙️@example.org',
  'a combining character': 'e\u0301@example.org',
  'no address': '@',
  'two addresses': 'a@b.c,d@e.f',
  SQL: "' or 1=1 --@example.org",
  'a prototype': '__proto__',
  'a path': '../../etc/passwd',
  markup: '<img src=x onerror=alert(1)>@example.org',
};
const WRONG_TYPES: readonly unknown[] = [null, true, 0, -1, 1.5, 1e308, [], {}, ['a@b.c'], { $ne: null }];

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, TSchema>>;
}

const send = (operation: PortalOperation, body: unknown, ids: Record<string, string> = {}): Promise<Answer> =>
  owner.browser.ask(operation.method, operation.pathWith({ workspace_id: owner.workspaceId, ...ids }), body);

/** Those that do not end the session which the next request needs. */
const withBody = () =>
  operations.filter(({ valid, path }) => valid !== undefined && !/\/(sign-in|register)$/.test(path));
const membersOf = ({ body }: PortalOperation) =>
  Object.keys((body?.schema as ObjectSchema)?.properties ?? {});

function expectClientError(operation: PortalOperation, answer: Answer, what: string): void {
  const context = `${operation.name} ${what}: ${answer.text.slice(0, 200)}`;
  expect(answer.status, context).toBeLessThan(500);
  expect(deviations(operation, answer), context).toEqual([]);
}

describe('whatever is sent', () => {
  it('as text in a body is answered as described, and is no fault of the server', async () => {
    for (const operation of withBody()) {
      for (const name of membersOf(operation)) {
        for (const [what, text] of Object.entries(NASTY)) {
          const answer = await send(operation, { ...operation.valid, [name]: text });
          expectClientError(operation, answer, `${name}: ${what}`);
        }
      }
    }
  });

  it('of another type is refused', async () => {
    for (const operation of withBody()) {
      for (const name of membersOf(operation)) {
        for (const value of WRONG_TYPES) {
          const answer = await send(operation, { ...operation.valid, [name]: value });
          expectClientError(operation, answer, `${name}: ${JSON.stringify(value)}`);
        }
      }
      for (const value of [...WRONG_TYPES, 'text']) {
        // Of what may be left out, nothing is as good as an object without members.
        const isComplete = value === null && !('required' in (operation.body?.schema ?? {}));
        if (isComplete || JSON.stringify(value) === '{}') continue;
        const answer = await send(operation, value);
        expect([400, 422], `${operation.name} ${JSON.stringify(value)}`).toContain(answer.status);
      }
    }
  });

  it('in a path is as unknown as none', async () => {
    for (const operation of operations) {
      for (const [, id = ''] of operation.path.matchAll(/\{(\w+)\}/g)) {
        // To end or erase an end user nobody knows is no error.
        if (id === 'client_ref') continue;
        for (const [what, text] of Object.entries(NASTY)) {
          if (what === 'empty' || what === 'much text') continue;
          const written = text.replace(/\p{Surrogate}/gu, '\ufffd');
          const answer = await send(operation, operation.valid, { [id]: written });
          expect(answer.status, `${operation.name} ${id}: ${what} ${answer.text}`).toBe(404);
        }
      }
    }
  });

  it.each(['/sign-in', '/register'])('to %s as text is answered as described', async (path) => {
    const operation = operations.find((one) => one.path === API + path) as PortalOperation;
    for (const name of membersOf(operation)) {
      for (const [what, value] of [...Object.entries(NASTY), ...WRONG_TYPES.entries()]) {
        const valid = { ...operation.valid, email: newEmail() };
        const answer = await new Browser(server).ask('POST', path, { ...valid, [name]: value });
        expectClientError(operation, answer, `${name}: ${what}`);
        if (typeof what === 'number') expect(answer.status, `${name}: ${JSON.stringify(value)}`).toBe(422);
      }
    }
  });

  it('as a body that is none, too long, too deep or not meant as one', async () => {
    const headers = {
      origin: server.baseUrl,
      cookie: owner.browser.cookie,
      'content-type': 'application/json',
    };
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    for (const operation of operations.filter(({ valid }) => valid !== undefined)) {
      const target = `${API}${operation.pathWith({ workspace_id: owner.workspaceId })}`;
      const post = (body: string) => ask(server, target, { method: operation.method, headers, body });
      for (const [body, ...statuses] of [
        ['{', 400],
        ['{"__proto__":{"role":"admin"}}', 400],
        ['{"constructor":{"prototype":{"role":"admin"}}}', 400],
        [deep, 400, 422],
        [JSON.stringify({ x: 'x'.repeat(1_000_000) }), 413],
        ['email=a%40b.c&password=x', 400],
      ] as const) {
        const answer = await post(body);
        expect(statuses, `${operation.name} ${body.slice(0, 40)} ${answer.text}`).toContain(answer.status);
        expect(deviations(operation, answer), operation.name).toEqual([]);
      }
    }
    expect((await owner.browser.ask('GET', '/account/devices')).status).toBe(200);
  });

  it('as a long password of many bytes is a password, or is refused', async () => {
    for (const password of [
      '🔑'.repeat(128),
      '🔑'.repeat(65),
      'é'.repeat(128),
      '👨‍👩‍👧‍👦'.repeat(20),
      'a\u0000b'.repeat(5),
    ]) {
      const browser = new Browser(server);
      const email = newEmail();
      const made = await browser.ask('POST', '/register', { name: 'x', email, password });
      expect([201, 422], `${password.length} ${made.text}`).toContain(made.status);
      if (made.status === 201) await signIn({ email }, server, { password });
    }
    const { browser } = await register(server);
    const change = await browser.ask('POST', '/account/password', {
      current_password: PASSWORD,
      new_password: '🔑'.repeat(128),
    });
    expect([200, 422], change.text).toContain(change.status);
  });

  it('as headers of a browser changes nothing but how it is listed', async () => {
    const { email } = await register(server);
    const credentials = { email, password: PASSWORD };
    for (const agent of [
      MUCH.slice(0, 8_000),
      '<script>alert(1)</script>',
      "'; drop table accounts; --",
      'é\x80ÿ',
      '',
    ]) {
      const browser = new Browser(server, agent);
      await browser.expect(200, 'POST', '/sign-in', credentials);
      const list = await browser.expect<{ is_current: boolean; user_agent: string | null }[]>(
        200,
        'GET',
        '/account/devices',
      );
      expect((list.find((one) => one.is_current)?.user_agent ?? '').length).toBeLessThanOrEqual(500);
    }
  });

  it('leaves no fault in the log', () => {
    expect(server.logs().filter((line) => /"level":[56]0|Warning/.test(line))).toEqual([]);
  });
});

describe('guesses of a password', () => {
  const isTold = ({ status, headers, json }: Answer) => {
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(json()).toMatchObject({ code: 429 });
  };
  const guess = (email: string, password = 'wrong horse') =>
    new Browser(server).ask('POST', '/sign-in', { email, password });
  /** Many at once: each takes a busy machine so long that one after the other may be no faster than the rate. */
  const AT_ONCE = 10;
  const told = async (attempt: () => Promise<Answer>): Promise<Answer[]> => {
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, attempt));
    return answers.filter(({ status }) => status === 429);
  };
  /** Returns how many guesses were answered. */
  const guessUntilTold = async (attempt: () => Promise<Answer>, most = 50): Promise<number> => {
    for (let answered = 0; answered < most; ) {
      const refused = await told(attempt);
      for (const answer of refused) isTold(answer);
      answered += AT_ONCE - refused.length;
      if (refused.length > 0) return answered;
    }
    throw new Error(`${most} guesses were answered`);
  };

  it('of one account are slowed, whatever the case of its address; others sign in meanwhile', async () => {
    const [victim, other] = [await register(server), await register(server)];
    let turn = 0;
    const tries = await guessUntilTold(() => {
      turn += 1;
      return guess(turn % 2 ? victim.email : victim.email.toUpperCase());
    });
    expect(tries).toBeGreaterThanOrEqual(10);
    // The right one is not told apart either.
    expect((await told(() => guess(victim.email, PASSWORD))).length).toBeGreaterThan(0);
    await signIn(other, server);
    // Who is signed in stays so.
    expect((await victim.browser.ask('GET', '/account/devices')).status).toBe(200);
  });

  it.each([
    [
      'to change it',
      'POST',
      '/account/password',
      { current_password: 'wrong horse', new_password: PASSWORD },
    ],
    ['to delete the account', 'POST', '/account/delete', { password: 'wrong horse' }],
  ] as const)('of one who is signed in, %s, are slowed', async (_, method, path, body) => {
    const { browser } = await register(server);
    await guessUntilTold(() => browser.ask(method, path, body));
    expect((await browser.ask('GET', '/account/devices')).status).toBe(200);
  });

  it('of many accounts from one address are slowed, and no header makes it many addresses', async () => {
    const guarded = await serverOfTest({ env: { ...ENV, PARLEY_RATE_SIGN_IN: '1/10' } });
    const elsewhere = await registerFirst(guarded);
    let turn = 0;
    const attempt = (path: string) => () => {
      turn += 1;
      const forged = { 'x-forwarded-for': `203.0.113.${turn}`, 'x-client-address': `203.0.113.${turn}` };
      const body = { email: newEmail(), password: PASSWORD, ...(path === '/register' && { name: 'x' }) };
      return new Browser(guarded).ask('POST', path, body, forged);
    };
    await guessUntilTold(attempt('/sign-in'));
    expect((await told(attempt('/register'))).length).toBeGreaterThan(0);
    // Who has a session is not in their way.
    expect((await elsewhere.browser.ask('GET', '/account/devices')).status).toBe(200);
    await expect
      .poll(async () => (await attempt('/sign-in')()).status, { timeout: 20_000, interval: 1_500 })
      .toBe(401);
  });

  it('tell nothing of who has an account', async () => {
    const namesOf = ({ headers }: Answer) => [...headers.keys()].filter((name) => name !== 'date').sort();
    const known = await guess((await register(server)).email);
    const unknown = await guess(newEmail());
    expect([known.status, known.text]).toEqual([401, UNAUTHENTICATED]);
    expect([unknown.status, unknown.text, namesOf(unknown)]).toEqual([
      known.status,
      known.text,
      namesOf(known),
    ]);
  });
});

describe('many who sign in at once', () => {
  it('do not keep others waiting', async () => {
    const { email } = owner;
    const crowd = Array.from({ length: 40 }, (_, index) =>
      new Browser(server).ask('POST', '/sign-in', {
        email: index % 2 ? newEmail() : `${index}-${email}`,
        password: 'wrong horse',
      }),
    );
    let isOver = false;
    const signedIn = Promise.all(crowd).then((answers) => {
      isOver = true;
      return answers;
    });
    let answered = 0;
    for (; !isOver; answered += 1) expect((await ask(server, '/health/live')).status).toBe(200);
    // A machine that is busy with other things may reach its database too late for some.
    for (const { status } of await signedIn) expect([401, 503]).toContain(status);
    // Where hashing blocked the server, there would be no more of these than sign-ins.
    expect(answered).toBeGreaterThan(crowd.length * 3);
  });
});

describe('the log', () => {
  it('names no password, cookie or secret of an invitation, whatever went wrong', async () => {
    const own = await serverOfTest({ env: { ...ENV, PARLEY_REGISTRATION: 'invite', ...MANY_SIGN_INS } });
    const first = await firstInvitation(own);
    const [secret, wrong, next] = ['CANARY-PASSWORD-1', 'CANARY-PASSWORD-2', 'CANARY-PASSWORD-3'];
    const input = { name: 'CANARY-NAME', email: 'canary@example.org', password: secret, invitation: first };
    const browser = new Browser(own);
    await browser.expect(201, 'POST', '/register', input);
    const cookies = [browser.cookie];
    const { account, workspaces } = await browser.expect<{
      account: { account_id: string };
      workspaces: { workspace_id: string }[];
    }>(200, 'GET', '/session');
    const admin: Person = {
      browser,
      accountId: account.account_id,
      name: input.name,
      email: input.email,
      workspaceId: workspaces[0]?.workspace_id ?? '',
    };
    const invitation = await invite(admin);
    const revoked = await invite(admin, { email: 'other@example.org' });
    const guest = await join(admin);
    cookies.push(guest.browser.cookie);
    await new Browser(own).ask('POST', '/register', input);
    await new Browser(own).ask('POST', '/register', { ...input, invitation });
    await new Browser(own).ask('POST', '/register', { ...input, invitation: revoked, email: newEmail() });
    await guest.browser.ask('POST', '/invitations/accept', { invitation: revoked });
    await browser.ask('POST', '/sign-in', { email: input.email, password: wrong });
    await browser.ask('POST', '/sign-in', { email: input.email, password: { wrong } });
    await browser.ask('POST', '/account/password', { current_password: wrong, new_password: next });
    await browser.ask('POST', '/account/password', { current_password: secret, new_password: next });
    cookies.push(browser.cookie);
    await browser.ask('POST', '/account/delete', { password: wrong });
    const { api_key } = own.bootstrap;
    const cookie = ['Cookie', browser.cookie] as const;
    for (const target of [
      '/portal/api/nope',
      '/portal/api/%zz',
      `/portal/invitation?x=${invitation}`,
      `/portal/api/workspaces/${browser.cookie}`,
    ])
      for (const method of ['GET', 'POST'])
        await rawAnswer(own, requestHead(method, target, [cookie, ['Origin', own.baseUrl], bearer(api_key)]));
    const body = `{"password":"${wrong}","invitation":"${invitation}"`;
    await ask(own, `${API}/register`, { method: 'POST', headers: { origin: own.baseUrl }, body });
    await browser.ask('POST', '/sign-out');
    await sleep(300);

    const tokens = cookies.flatMap((one) => {
      const value = one.split('=')[1] ?? '';
      return [value, decodeURIComponent(value), ...decodeURIComponent(value).split('.')];
    });
    const secrets = [secret, wrong, next, invitation, revoked, first, ...tokens];
    expect(secrets.every((one) => one.length > 10)).toBe(true);
    // The operator is shown the first link, on purpose, and on a line that is no part of the log.
    const lines = own.logs().filter((line) => !line.startsWith('parley: make the first account at '));
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter((line) => secrets.some((one) => line.includes(one)))).toEqual([]);
    expect(lines.filter((line) => /canary|example\.org/i.test(line))).toEqual([]);
  });
});
