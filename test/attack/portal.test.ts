import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, mintKey } from '../helpers/api.ts';
import { type Dump, dumpTables } from '../helpers/dump.ts';
import { describedOperations, type Operation } from '../helpers/openapi.ts';
import {
  API,
  Browser,
  invite,
  join,
  MANY_SIGN_INS,
  mintInPortal,
  PASSWORD,
  type Person,
  projectOf,
  register,
  registerFirst,
  signIn,
} from '../helpers/portal.ts';
import { isOfPortal, type PortalOperation, portalOperations, UNKNOWN } from '../helpers/portal-routes.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { refusedUpgrade } from '../helpers/realtime.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** T27 and the server's side of T37: what pages of others, other credentials and other workspaces can do in the portal. */
let databaseUrl: string;
let server: RunningServer;
let database: pg.Client;
let operations: readonly PortalOperation[];
let ofWorkspace: readonly PortalOperation[];
/** The admin of the first workspace, a member of it, the admin of another one, and one who belongs to none. */
let owner: Person;
let member: Person;
let stranger: Person;
let nobody: Person;

const ENV = {
  PARLEY_ENGINE: 'scripted',
  PARLEY_REGISTRATION: 'open',
  PARLEY_RATE_READ: '100000/100000',
  PARLEY_RATE_BAD_CREDENTIALS: '100000/100000',
  ...MANY_SIGN_INS,
};

beforeAll(async () => {
  databaseUrl = await newDatabase();
  server = await startServer({ env: { ...ENV, PARLEY_DATABASE_URL: databaseUrl } });
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  operations = await portalOperations(server);
  ofWorkspace = operations.filter(({ path }) => path.includes('{workspace_id}'));
  owner = await registerFirst(server);
  member = await join(owner);
  stranger = await register(server, { name: 'Stranger' });
  nobody = await join(owner);
  await owner.browser.expect(200, 'DELETE', `/workspaces/${owner.workspaceId}/members/${nobody.accountId}`);
});
afterAll(async () => {
  await server?.stop();
  await database?.end();
});

const UNAUTHENTICATED = '{"code":401,"error":"Permission Denied"}';
const OTHER_SITE = '{"code":403,"error":"Forbidden","detail":"the portal answers its own pages only"}';
const NOT_ADMIN = '{"code":403,"error":"Forbidden","detail":"only an admin of the workspace may do this"}';
const ofOwner = (): Readonly<Record<string, string>> => ({ workspace_id: owner.workspaceId });
const isSafe = ({ method }: Operation) => method === 'GET';

/** All that is kept, but for what nodes and devices say of themselves as time goes by. */
async function kept(): Promise<Dump> {
  const { nodes, portal_sessions, api_key_last_used, refusals, ...dump } = await dumpTables(database);
  return dump;
}

/** Nothing that is kept is changed by this. */
async function changesNothing(attack: () => Promise<void>): Promise<void> {
  const before = await kept();
  await attack();
  expect(await kept()).toEqual(before);
}

/** A request as any program makes it: with these headers and none by which a browser speaks for a page. */
const raw = (operation: PortalOperation, headers: Record<string, string>, ids = ofOwner()): Promise<Answer> =>
  ask(server, `${API}${operation.pathWith(ids)}`, {
    method: operation.method,
    headers,
    ...(operation.valid && { body: JSON.stringify(operation.valid) }),
  });

/** By the person's browser, from a page of the portal. */
const by = ({ browser }: Person, operation: PortalOperation, ids = ofOwner()): Promise<Answer> =>
  browser.ask(operation.method, operation.pathWith(ids), operation.valid);

describe('a page of another site', () => {
  const port = () => new URL(server.baseUrl).port;
  /** What a browser would say of the page, or what a program may make up. */
  const PAGES: readonly (readonly [title: string, headers: () => Record<string, string>])[] = [
    ['another site', () => ({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })],
    ['another site in an old browser', () => ({ origin: 'https://evil.example' })],
    ['a sandboxed frame', () => ({ origin: 'null', 'sec-fetch-site': 'cross-site' })],
    ['a sandboxed frame in an old browser', () => ({ origin: 'null' })],
    ['a program that says nothing', () => ({})],
    ['a program on its own', () => ({ 'sec-fetch-site': 'none' })],
    ['another port', () => ({ origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' })],
    ['another port in an old browser', () => ({ origin: 'http://127.0.0.1:1' })],
    ['its own origin on another site', () => ({ origin: server.baseUrl, 'sec-fetch-site': 'cross-site' })],
    ['its own origin of the same site', () => ({ origin: server.baseUrl, 'sec-fetch-site': 'same-site' })],
    ['a host that begins alike', () => ({ origin: `http://127.0.0.1:${port()}.evil.example` })],
    ['a host that ends alike', () => ({ origin: `http://evil-127.0.0.1:${port()}` })],
    ['our host as a user name', () => ({ origin: `http://127.0.0.1:${port()}@evil.example` })],
    ['a list of origins', () => ({ origin: `${server.baseUrl} https://evil.example` })],
    ['no URL', () => ({ origin: '127.0.0.1' })],
    ['our page as referrer', () => ({ referer: `${server.baseUrl}/portal/` })],
    [
      'a host that only headers name',
      () => ({
        origin: 'https://evil.example',
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example',
        'x-original-host': 'evil.example',
      }),
    ],
  ];

  it.each(PAGES)('(%s) changes nothing, whichever route it tries', async (_, headers) => {
    const cookie = owner.browser.cookie;
    await changesNothing(async () => {
      for (const operation of operations.filter((one) => !isSafe(one))) {
        const answer = await raw(operation, { cookie, ...headers() });
        expect([answer.status, answer.text], operation.name).toEqual([403, OTHER_SITE]);
      }
    });
    expect((await owner.browser.ask('GET', '/account/devices')).status).toBe(200);
  });

  it('is no page of ours because the request names a host that stands for none', async () => {
    for (const host of ['null', 'none', 'undefined']) {
      const answer = await rawAnswer(
        server,
        requestHead('POST', `${API}/sign-out`, [
          ['Host', host],
          ['Origin', 'null'],
          ['Cookie', owner.browser.cookie],
        ]),
      );
      expect([answer.status, answer.body], host).toEqual([403, OTHER_SITE]);
    }
  });

  it('may not read either', async () => {
    for (const operation of operations.filter(isSafe)) {
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ]) {
        const answer = await raw(operation, { cookie: owner.browser.cookie, ...headers });
        expect([answer.status, answer.text], operation.name).toEqual([403, OTHER_SITE]);
      }
    }
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'submits no form of type %s',
    async (type) => {
      const form = { cookie: owner.browser.cookie, origin: 'https://evil.example', 'content-type': type };
      await changesNothing(async () => {
        for (const operation of operations.filter((one) => !isSafe(one)))
          expect((await raw(operation, form)).text, operation.name).toBe(OTHER_SITE);
      });
    },
  );

  it('changes nothing with a GET, whatever method it says it means', async () => {
    const { cookie } = owner.browser;
    for (const header of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      for (const operation of operations.filter((one) => !isSafe(one))) {
        const headers = { cookie, [header]: operation.method, 'sec-fetch-site': 'none' };
        const path = `${API}${operation.pathWith(ofOwner())}?_method=${operation.method}`;
        await ask(server, path, { headers });
      }
    }
    expect((await owner.browser.ask('GET', '/account/devices')).status).toBe(200);
    expect((await owner.browser.ask('GET', `/workspaces/${owner.workspaceId}`)).status).toBe(200);
    const members = await owner.browser.expect<object[]>(
      200,
      'GET',
      `/workspaces/${owner.workspaceId}/members`,
    );
    expect(members).toHaveLength(2);
  });

  it('is named by no answer as one that may read it, a preflight among them', async () => {
    const asked = 'authorization, content-type';
    const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': asked };
    for (const origin of ['https://evil.example', 'null', server.baseUrl]) {
      for (const operation of operations) {
        const target = `${API}${operation.pathWith(ofOwner())}`;
        const { cookie } = owner.browser;
        const answers = [
          await ask(server, target, { method: 'OPTIONS', headers: { origin, cookie, ...preflight } }),
          await ask(server, target, { headers: { origin } }),
          await raw(operation, { origin }),
        ];
        for (const { headers } of answers)
          expect(
            [...headers.keys()].filter((name) => /^access-control-allow-(origin|credentials)$/.test(name)),
            operation.name,
          ).toEqual([]);
      }
    }
  });
});

describe('the cookie', () => {
  it('is for the portal alone: not for scripts, not for other sites, not for other paths', async () => {
    const browser = new Browser(server);
    const signedIn = await browser.ask('POST', '/sign-in', { email: owner.email, password: PASSWORD });
    expect(signedIn.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^parley\.session_token=[\w%.-]{40,}; Max-Age=1209600; Path=\/portal\/api; HttpOnly; SameSite=Strict$/,
      ),
    ]);
  });

  it('is for HTTPS alone where the portal is, and pages of that address are its own', async () => {
    const env = { ...ENV, PARLEY_PORTAL_URL: 'https://portal.example.com' };
    const secure = await startServer({ env });
    try {
      const headers = { origin: 'https://portal.example.com', 'sec-fetch-site': 'same-origin' };
      const body = JSON.stringify({ name: 'Ann', email: 'ann@example.com', password: PASSWORD });
      const made = await ask(secure, `${API}/register`, { method: 'POST', headers, body });
      const [line = ''] = made.headers.getSetCookie();
      expect(line).toMatch(
        /^__Secure-parley\.session_token=[^;]+; Max-Age=1209600; Path=\/portal\/api; HttpOnly; Secure; SameSite=Strict$/,
      );
      const cookie = line.split(';')[0] ?? '';
      const devices = await ask(secure, `${API}/account/devices`, { headers: { ...headers, cookie } });
      expect(devices.status).toBe(200);
      // A cookie that a page of plain HTTP could have set is none.
      const plain = cookie.replace('__Secure-', '');
      const refused = await ask(secure, `${API}/account/devices`, { headers: { ...headers, cookie: plain } });
      expect([refused.status, refused.text]).toEqual([401, UNAUTHENTICATED]);
    } finally {
      await secure.stop();
    }
  });

  it('opens no other part of the server', async () => {
    const { cookie } = owner.browser;
    const others = (await describedOperations(server)).filter((one) => !isOfPortal(one) && !one.isPublic);
    expect(others.length).toBeGreaterThan(40);
    for (const { name, method, path } of others) {
      const target = path.replace(/\{(\w+)\}/g, (_, id: string) => UNKNOWN[id] ?? '0000000000');
      const answer = await ask(server, target, { method, headers: { cookie, origin: server.baseUrl } });
      expect([answer.status, answer.text], name).toEqual([401, UNAUTHENTICATED]);
    }
    const upgrade = await refusedUpgrade(server, { headers: { cookie, origin: server.baseUrl } });
    expect([upgrade.status, upgrade.body]).toEqual([401, UNAUTHENTICATED]);
  });

  it('is no credential in another place', async () => {
    const value = decodeURIComponent(owner.browser.cookie.split('=')[1] ?? '');
    for (const token of [value, value.split('.')[0] ?? '', encodeURIComponent(value)]) {
      for (const headers of [{ authorization: `Bearer ${token}` }, { 'x-session-token': token }]) {
        expect((await ask(server, `${API}/account/devices`, { headers })).status).toBe(401);
        expect((await ask(server, '/v2/jobs', { headers })).status).toBe(401);
      }
      const inQuery = `${API}/account/devices?session_token=${encodeURIComponent(token)}`;
      expect((await ask(server, inQuery)).status).toBe(401);
    }
  });
});

describe('a cookie that was not given', () => {
  const NAME = 'parley.session_token';
  let foreign: RunningServer;
  beforeAll(async () => {
    foreign = await startServer({ env: ENV });
  });
  afterAll(() => foreign?.stop());

  const asked = async (cookie: string): Promise<[number, string]> => {
    const answer = await ask(server, `${API}/account/devices`, {
      headers: { cookie, origin: server.baseUrl, 'sec-fetch-site': 'same-origin' },
    });
    return [answer.status, answer.text];
  };
  const isNone = async (cookie: string, what: string) => {
    expect(await asked(cookie), what).toEqual([401, UNAUTHENTICATED]);
    const browser = new Browser(server);
    browser.cookie = cookie;
    expect(await browser.expect(200, 'GET', '/session'), what).toMatchObject({
      account: null,
      workspaces: [],
    });
  };

  it('opens nothing, whatever it was made from', async () => {
    const victim = await signIn(owner, server);
    const thief = await signIn(stranger, server);
    const tokenOf = (browser: Browser) => decodeURIComponent(browser.cookie.slice(NAME.length + 1));
    const [token = '', signature = ''] = tokenOf(victim).split('.');
    const [ownToken = '', ownSignature = ''] = tokenOf(thief).split('.');
    const made = (value: string) => `${NAME}=${encodeURIComponent(value)}`;
    const flipped = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    expect((await asked(made(`${token}.${signature}`)))[0]).toBe(200);
    const forged: Readonly<Record<string, string>> = {
      empty: `${NAME}=`,
      junk: made('junk'),
      'the token alone': made(token),
      'the token without signature': made(`${token}.`),
      'the signature of another': made(`${token}.${ownSignature}`),
      'its signature for another token': made(`${ownToken}.${signature}`),
      'an altered signature': made(`${token}.${flipped(signature)}`),
      'an altered token': made(`${flipped(token)}.${signature}`),
      'a shorter signature': made(`${token}.${signature.slice(0, -2)}`),
      'an added part': made(`${token}.${signature}.x`),
      'another case': made(`${token.toUpperCase()}.${signature}`),
      'another name': `better-auth.session_token=${encodeURIComponent(tokenOf(victim))}`,
      'a name with a space': `${NAME} =${encodeURIComponent(`${ownToken}.${signature}`)}`,
      'data of a session': `parley.session_data=${Buffer.from(
        JSON.stringify({ session: { userId: owner.accountId }, user: { id: owner.accountId } }),
      ).toString('base64url')}`,
      'a quoted prototype': made('__proto__'),
      'a broken escape': `${NAME}=%zz`,
      'a NUL': `${NAME}=%00.${encodeURIComponent(signature)}`,
      SQL: made(`' or 1=1 --.${signature}`),
      'an account id': made(`${owner.accountId}.${signature}`),
      much: made('x'.repeat(10_000)),
    };
    for (const [what, cookie] of Object.entries(forged)) await isNone(cookie, what);
  });

  it('opens nothing when it is what the database holds', async () => {
    const { rows } = await database.query('select id, token from portal_sessions');
    expect(rows.length).toBeGreaterThan(3);
    for (const { id, token } of rows as { id: string; token: string }[]) {
      await isNone(`${NAME}=${token}`, 'token');
      await isNone(`${NAME}=${id}`, 'id');
    }
  });

  it('opens nothing when another installation signed it, for a session that is here', async () => {
    const far = await register(foreign);
    await isNone(far.browser.cookie, 'as it is');
    const [token = ''] = decodeURIComponent(far.browser.cookie.split('=')[1] ?? '').split('.');
    await database.query(
      `insert into portal_sessions (id, user_id, token, expires_at, created_at, updated_at)
       values ('forged', $1, $2, now() + interval '1 day', now(), now())`,
      [owner.accountId, token],
    );
    await isNone(far.browser.cookie, 'with a row of its own');
    await database.query(`delete from portal_sessions where id = 'forged'`);
  });

  it('opens nothing once it has expired, or was signed out', async () => {
    const browser = await signIn(owner, server);
    const { cookie } = browser;
    await browser.expect(200, 'POST', '/sign-out');
    await isNone(cookie, 'signed out');
    const other = await signIn(nobody, server);
    await database.query(
      `update portal_sessions set expires_at = now() - interval '1 second' where user_id = $1`,
      [nobody.accountId],
    );
    await isNone(other.cookie, 'expired');
    nobody.browser.cookie = (await signIn(nobody, server)).cookie;
  });
});

describe('a key', () => {
  it('opens no route of the portal, in no place', async () => {
    const { api_key, management_token, operator_token } = server.bootstrap;
    const keys = {
      api: api_key,
      batch: await mintKey(server, api_key),
      rt: await mintKey(server, api_key, { type: 'rt' }),
      portal: await mintInPortal(owner, await projectOf(owner)),
      management: management_token,
      operator: operator_token,
    };
    const page = { origin: server.baseUrl, 'sec-fetch-site': 'same-origin' };
    await changesNothing(async () => {
      for (const operation of operations.filter(({ audience }) => audience !== 'visitor')) {
        for (const [kind, key] of Object.entries(keys)) {
          const credentials = { authorization: `Bearer ${key}`, cookie: `parley.session_token=${key}` };
          const answer = await raw(operation, { ...page, ...credentials });
          expect([answer.status, answer.text], `${operation.name} ${kind}`).toEqual([401, UNAUTHENTICATED]);
        }
      }
    });
  });

  it('beside a session makes it no more than it is', async () => {
    const authorization = `Bearer ${server.bootstrap.operator_token}`;
    for (const operation of ofWorkspace.filter(({ audience }) => audience === 'admin')) {
      const path = operation.pathWith(ofOwner());
      const answer = await member.browser.ask(operation.method, path, operation.valid, { authorization });
      expect([answer.status, answer.text], operation.name).toEqual([403, NOT_ADMIN]);
    }
  });
});

describe('who is not signed in', () => {
  it('gets the one 401 on every route that is not for visitors, before anything is read', async () => {
    const page = { origin: server.baseUrl, 'sec-fetch-site': 'same-origin' };
    for (const operation of operations.filter(({ audience }) => audience !== 'visitor')) {
      const answer = await raw(operation, page);
      expect([answer.status, answer.text], operation.name).toEqual([401, UNAUTHENTICATED]);
      const target = `${API}${operation.pathWith(ofOwner())}`;
      if (isSafe(operation)) continue;
      const junk = await ask(server, target, { method: operation.method, headers: page, body: '{' });
      expect(junk.status, operation.name).toBe(401);
    }
  });
});

describe('a member', () => {
  it('is told on every route for admins that they may not, and changes nothing', async () => {
    const things = await thingsOf(owner);
    await changesNothing(async () => {
      for (const operation of ofWorkspace.filter(({ audience }) => audience === 'admin')) {
        const answer = await by(member, operation, things);
        expect([answer.status, answer.text], operation.name).toEqual([403, NOT_ADMIN]);
      }
    });
  });

  it('is let into every other route', async () => {
    for (const operation of ofWorkspace.filter(({ audience }) => audience === 'member')) {
      const { status, text } = await by(member, operation);
      expect([200, 201, 404], `${operation.name} ${text}`).toContain(status);
      expect(text, operation.name).not.toContain('workspace not found');
    }
  });
});

/** Something of each kind in the workspace of an admin, by the names paths have for their ids. */
async function thingsOf(person: Person): Promise<Readonly<Record<string, string>>> {
  const { browser, workspaceId } = person;
  const at = `/workspaces/${workspaceId}`;
  const project = await browser.expect<{ project_id: number }>(201, 'POST', `${at}/projects`, { name: 'p' });
  const made = { project_id: project.project_id, name: 'k' };
  const key = await browser.expect<{ apikey_id: string }>(201, 'POST', `${at}/api-keys`, made);
  const token = await browser.expect<{ token_id: string; token_value: string }>(
    201,
    'POST',
    `${at}/management-tokens`,
    { name: 't', permissions: ['projects:view'] },
  );
  await invite(person);
  const [invitation] = await browser.expect<{ invitation_id: string }[]>(200, 'GET', `${at}/invitations`);
  const [device] = await browser.expect<{ device_id: string }[]>(200, 'GET', '/account/devices');
  // A refusal of a key of the workspace.
  const refused = await ask(server, '/v2/jobs', { key: token.token_value });
  return {
    workspace_id: workspaceId,
    account_id: person.accountId,
    project_id: String(project.project_id),
    apikey_id: key.apikey_id,
    token_id: token.token_id,
    invitation_id: invitation?.invitation_id ?? '',
    device_id: device?.device_id ?? '',
    request_id: refused.headers.get('request-id') ?? '',
  };
}

/** Of a change: a number that all workspaces share. */
const SHARED_IDS = ['version', 'client_ref', 'workspace_id'];

describe('another workspace', () => {
  it('is as unknown as none on every route, to the byte, and stays as it is', async () => {
    const things = await thingsOf(stranger);
    await changesNothing(async () => {
      for (const person of [owner, member, nobody]) {
        for (const operation of ofWorkspace) {
          const answer = await by(person, operation, things);
          const unknown = await by(person, operation, {
            ...things,
            workspace_id: UNKNOWN.workspace_id ?? '',
          });
          expect([answer.status, answer.text], operation.name).toEqual([404, unknown.text]);
          expect(answer.json().detail).toBe('workspace not found');
        }
      }
    });
  });

  it('lends none of its things to one’s own: each is as unknown as none', async () => {
    const things = await thingsOf(stranger);
    await changesNothing(async () => {
      for (const operation of operations) {
        const ids = [...operation.path.matchAll(/\{(\w+)\}/g)].flatMap(([, id = '']) => id);
        for (const id of ids.filter((one) => !SHARED_IDS.includes(one))) {
          const foreign = await by(owner, operation, { ...ofOwner(), [id]: things[id] ?? '' });
          const unknown = await by(owner, operation, ofOwner());
          expect([foreign.status, foreign.text], `${operation.name} ${id}`).toEqual([404, unknown.text]);
        }
      }
    });
  });

  it('is not reached by ids in a body or a query', async () => {
    const { project_id } = await thingsOf(stranger);
    const at = `/workspaces/${owner.workspaceId}`;
    const inBody = (id: number) => owner.browser.ask('POST', `${at}/api-keys`, { project_id: id, name: 'k' });
    const inQuery = (id: number) => owner.browser.ask('GET', `${at}/api-keys?project_id=${id}`);
    await changesNothing(async () => {
      for (const reach of [inBody, inQuery]) {
        const [foreign, unknown] = [await reach(Number(project_id)), await reach(2_147_483_647)];
        expect([foreign.status, foreign.text]).toEqual([404, unknown.text]);
      }
    });
  });

  it('is not told of: neither its keys, nor its entries, nor its use', async () => {
    const { apikey_id, project_id, token_id, invitation_id, account_id } = await thingsOf(stranger);
    const at = `/workspaces/${owner.workspaceId}`;
    for (const path of [
      '/audit?limit=1000',
      '/usage?by=key',
      '/usage?by=project',
      '/api-keys',
      '/members',
      '/limits',
      '/projects',
      '/management-tokens',
      '/invitations',
    ]) {
      const { text } = await owner.browser.ask('GET', `${at}${path}`);
      for (const id of [apikey_id, token_id, invitation_id, account_id, stranger.workspaceId, stranger.email])
        expect(text, path).not.toContain(id);
      expect(text, path).not.toContain(`"project_id":${project_id},`);
    }
    for (const text of [apikey_id, stranger.accountId, stranger.email]) {
      const found = await owner.browser.ask('GET', `${at}/audit?search=${encodeURIComponent(text ?? '')}`);
      expect(found.text).toBe('{"entries":[]}');
    }
  });

  it('is not told of by the inspection of its keys', async () => {
    const at = `/workspaces/${stranger.workspaceId}`;
    const { browser } = stranger;
    const projectId = await projectOf(stranger);
    const newKey = () =>
      browser.expect<{ apikey_id: string; key_value: string }>(201, 'POST', `${at}/api-keys`, {
        project_id: projectId,
        name: 'k',
      });
    const [living, dead] = [await newKey(), await newKey()];
    const child = await mintKey(server, living.key_value);
    const orphan = await mintKey(server, dead.key_value);
    await browser.expect(200, 'DELETE', `${at}/api-keys/${dead.apikey_id}?wait=5`);
    const portal = await mintInPortal(stranger, projectId);
    const unknown = await inspect(owner, server.bootstrap.api_key.replace(/.{3}$/, 'AAA'));
    const never = await inspect(owner, 'ply_nonsense');
    expect(unknown).toMatchObject({ accepted: false });
    for (const key of [living.key_value, dead.key_value, child, orphan, portal]) {
      const told = await inspect(owner, key);
      expect(told).toMatchObject({ accepted: false, reason: 'unknown' });
      expect(JSON.stringify(told)).not.toMatch(/key_|project_id/);
      expect((await inspect(stranger, key)).reason).not.toBe('unknown');
    }
    expect(never).toMatchObject({ accepted: false });
  });
});

const inspect = ({ browser, workspaceId }: Person, key_value: string) =>
  browser.expect<{ accepted: boolean; reason?: string }>(
    200,
    'POST',
    `/workspaces/${workspaceId}/temporary-keys/inspect`,
    { key_value },
  );

describe('headers about where a request comes from', () => {
  const FORGED = {
    'x-forwarded-for': '203.0.113.9',
    'x-client-address': '203.0.113.9',
    'x-real-ip': '203.0.113.9',
    forwarded: 'for=203.0.113.9',
    'cf-connecting-ip': '203.0.113.9',
    'true-client-ip': '203.0.113.9',
  };

  it('change nothing in devices and in the audit log', async () => {
    const browser = new Browser(server);
    const credentials = { email: owner.email, password: PASSWORD };
    const answer = await browser.ask('POST', '/sign-in', credentials, FORGED);
    expect(answer.status).toBe(200);
    const devices = await browser.ask('GET', '/account/devices', undefined, FORGED);
    expect(devices.text).toContain('"address":"127.0.0.1"');
    expect(devices.text).not.toContain('203.0.113.9');
    const at = `/workspaces/${owner.workspaceId}`;
    await browser.ask('POST', `${at}/invitations`, { role: 'member' }, FORGED);
    const log = await browser.ask('GET', `${at}/audit?limit=1`);
    expect(log.json<{ entries: object[] }>().entries).toMatchObject([
      { action: 'invitation.created', address: '127.0.0.1' },
    ]);
    const { rows } = await database.query('select distinct ip_address from portal_sessions');
    expect(JSON.stringify(rows)).not.toContain('203.0.113');
  });
});

describe('a page in a frame', () => {
  const PAGES = [
    '/portal/',
    '/portal/sign-in',
    '/portal/invitation',
    '/portal/x/y/z?q=1',
    '/portal/..%2f..%2fetc',
  ];

  it.each(PAGES)('%s is not shown, and loads nothing of others', async (path) => {
    const { status, headers } = await ask(server, path);
    expect(status).toBe(200);
    expect(headers.get('x-frame-options')).toBe('DENY');
    const policy = headers.get('content-security-policy') ?? '';
    const directives = new Map(policy.split('; ').map((one) => [one.split(' ')[0], one] as const));
    expect(directives.get('default-src')).toBe("default-src 'none'");
    expect(directives.get('script-src')).toBe("script-src 'self'");
    expect(directives.get('style-src')).toBe("style-src 'self'");
    expect(directives.get('frame-ancestors')).toBe("frame-ancestors 'none'");
    expect(directives.get('base-uri')).toBe("base-uri 'none'");
    expect(directives.get('form-action')).toBe("form-action 'self'");
    expect(directives.get('connect-src')).toBe("connect-src 'self'");
    expect(policy).not.toMatch(/unsafe-|\*|https?:|data:/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });

  it('has nothing inline, and its files are scripts and styles of ours', async () => {
    const { text } = await ask(server, '/portal/');
    expect(text).not.toMatch(/<style|\son\w+=|javascript:|style="/i);
    expect(text.match(/<script(?![^>]*\ssrc="\/portal\/assets\/)[^>]*>/g)).toBeNull();
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].flatMap(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      expect(file).toMatch(/^\/portal\//);
      const { status, headers } = await ask(server, file);
      expect([status, headers.get('x-content-type-options')]).toEqual([200, 'nosniff']);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });

  it('is no answer of the API, which is not shown in a frame either', async () => {
    for (const operation of operations) {
      const { headers } = await by(nobody, operation);
      expect(headers.get('content-security-policy'), operation.name).toBe(
        "default-src 'none'; frame-ancestors 'none'",
      );
      expect(headers.get('content-type') ?? 'application/json', operation.name).toMatch(/^application\/json/);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('request-id')).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  it.each(['GET', 'POST', 'DELETE', 'PUT'])('%s to no route of the API is a 404 as JSON', async (method) => {
    for (const path of ['/nope', '/', '', '/session/x', '/sign-up/email', '/get-session', '/ok', '/error']) {
      const answer = await ask(server, `${API}${path}`, {
        method,
        headers: { origin: server.baseUrl, cookie: owner.browser.cookie },
      });
      expect([answer.status, answer.json().error], path).toEqual([404, 'Not Found']);
      expect(answer.headers.get('access-control-allow-origin'), path).toBeNull();
    }
  });

  it.each([
    '/portal/assets/nope.js',
    '/portal/assets/..%2findex.html',
    '/portal/assets/.sources',
    '/portal/.sources',
  ])('%s shows no other file', async (path) => {
    const { status, text } = await ask(server, path);
    expect([200, 404]).toContain(status);
    expect(text).not.toMatch(/^[0-9a-f]{64}$/);
    if (status === 200) expect(text).toMatch(/^<!doctype html>/i);
  });
});

describe('the table of routes', () => {
  it('is used up: every route was attacked from its own side', () => {
    expect(operations.length).toBeGreaterThanOrEqual(45);
    expect(new Set(operations.map(({ audience }) => audience)).size).toBe(4);
    expect(ofWorkspace.length).toBeGreaterThanOrEqual(32);
  });
});
