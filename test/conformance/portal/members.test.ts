import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../helpers/api.ts';
import {
  Browser,
  invite,
  join,
  MANY_SIGN_INS,
  mintInPortal,
  newEmail,
  PASSWORD,
  type Person,
  projectOf,
  register,
  registerFirst,
} from '../../helpers/portal.ts';
import { newDatabase } from '../../helpers/postgres.ts';
import { RealtimeClient } from '../../helpers/realtime.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';

/** Who belongs to a workspace, how they come in, and what ends with them. */
let server: RunningServer;
let database: pg.Client;
let owner: Person;

beforeAll(async () => {
  const databaseUrl = await newDatabase();
  const env = { PARLEY_ENGINE: 'scripted', PARLEY_REGISTRATION: 'open', PARLEY_RATE_READ: '10000/10000' };
  server = await startServer({ env: { ...env, ...MANY_SIGN_INS, PARLEY_DATABASE_URL: databaseUrl } });
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  owner = await registerFirst(server);
});
afterAll(async () => {
  await server?.stop();
  await database?.end();
});

interface Member {
  readonly account_id: string;
  readonly email: string;
  readonly role: string;
}

interface Invitation {
  readonly invitation_id: string;
  readonly email: string | null;
  readonly role: string;
}

const GONE = '{"code":410,"error":"Gone"}';
const NOT_ADMIN = '{"code":403,"error":"Forbidden","detail":"only an admin of the workspace may do this"}';
const LAST_ADMIN = {
  code: 409,
  error: 'Conflict',
  detail: 'a workspace needs an admin; make another member one first',
};
const at = ({ workspaceId }: Person, rest = '') => `/workspaces/${workspaceId}${rest}`;
const membersOf = (person: Person) => person.browser.expect<Member[]>(200, 'GET', at(person, '/members'));
const roleOf = async (person: Person): Promise<string | undefined> =>
  (
    await person.browser.expect<{ workspaces: { workspace_id: string; role: string }[] }>(
      200,
      'GET',
      '/session',
    )
  ).workspaces.find((one) => one.workspace_id === person.workspaceId)?.role;
/** An admin alone in a workspace of their own. */
const newOwner = () => register(server, { name: 'Owner' });

describe('a workspace', () => {
  it('is shown to its members and renamed by an admin', async () => {
    const admin = await newOwner();
    const member = await join(admin);
    const before = await member.browser.expect(200, 'GET', at(admin));
    expect(before).toMatchObject({ workspace_id: admin.workspaceId, name: "Owner's workspace" });
    const renamed = await admin.browser.expect(200, 'PATCH', at(admin), { name: 'Hotline 📞' });
    expect(renamed).toEqual({ ...before, name: 'Hotline 📞' });
    expect(await member.browser.expect(200, 'GET', at(admin))).toEqual(renamed);
    const refused = await member.browser.ask('PATCH', at(admin), { name: 'Mine' });
    expect([refused.status, refused.text]).toEqual([403, NOT_ADMIN]);
    for (const name of ['', 'x'.repeat(121), 'a\nb'])
      expect((await admin.browser.ask('PATCH', at(admin), { name })).status).toBe(422);
    const terms = await admin.browser.ask('PATCH', at(admin), { name: 'x', customer_type: 'enterprise' });
    expect(terms.status).toBe(422);
  });
});

describe('an invitation', () => {
  it('is made, listed without its secret, and shown to whoever has the link', async () => {
    const admin = await newOwner();
    const startMs = Date.now();
    const made = await admin.browser.expect<{
      invitation_id: string;
      invitation: string;
      expires_at: string;
    }>(201, 'POST', at(admin, '/invitations'), { role: 'member', email: 'Carol@Example.org' });
    expect(made).toEqual({
      invitation_id: expect.stringMatching(/^inv_[a-z0-9]{16}$/),
      invitation: expect.stringMatching(/^[0-9A-Za-z]{33}$/),
      expires_at: expect.any(String),
    });
    expect(Math.abs(Date.parse(made.expires_at) - startMs - 7 * 86_400_000)).toBeLessThan(10_000);
    const list = await admin.browser.ask('GET', at(admin, '/invitations'));
    expect(list.json()).toEqual([
      {
        ...{ invitation_id: made.invitation_id, role: 'member', email: 'carol@example.org' },
        ...{ created_at: expect.any(String), expires_at: made.expires_at },
      },
    ]);
    expect(list.text).not.toContain(made.invitation);
    const shown = await new Browser(server).expect(200, 'POST', '/invitations/look-up', {
      invitation: made.invitation,
    });
    expect(shown).toEqual({
      workspace_name: "Owner's workspace",
      role: 'member',
      email: 'carol@example.org',
      is_first_account: false,
    });
    const { rows } = await database.query('select row_to_json(i)::text as row from workspace_invitations i');
    expect(JSON.stringify(rows)).not.toContain(made.invitation);
  });

  it('for an address lets in no other, and is not used up by the attempt', async () => {
    const admin = await newOwner();
    const invitation = await invite(admin, { email: 'dora@example.org' });
    const other = { name: 'Eve', email: newEmail(), password: PASSWORD, invitation };
    const refused = {
      code: 403,
      error: 'Forbidden',
      detail: 'this invitation is for another email address',
    };
    expect((await new Browser(server).ask('POST', '/register', other)).json()).toEqual(refused);
    const stranger = await newOwner();
    const accepted = await stranger.browser.ask('POST', '/invitations/accept', { invitation });
    expect(accepted.json()).toEqual(refused);
    const dora = await register(server, { email: 'DORA@example.org', invitation });
    expect(dora.workspaceId).toBe(admin.workspaceId);
  });

  it('is accepted by somebody who has an account, who then belongs to both', async () => {
    const [admin, guest] = [await newOwner(), await newOwner()];
    const invitation = await invite(admin, { role: 'admin' });
    const accepted = await guest.browser.expect(200, 'POST', '/invitations/accept', { invitation });
    expect(accepted).toEqual({ workspace_id: admin.workspaceId });
    const { workspaces } = await guest.browser.expect<{ workspaces: object[] }>(200, 'GET', '/session');
    expect(workspaces).toMatchObject([
      { workspace_id: guest.workspaceId, role: 'admin' },
      { workspace_id: admin.workspaceId, role: 'admin' },
    ]);
    expect((await guest.browser.ask('POST', '/invitations/accept', { invitation })).text).toBe(GONE);
    expect((await new Browser(server).ask('POST', '/invitations/look-up', { invitation })).text).toBe(GONE);
  });

  it('lets in one of two who accept it at once', async () => {
    const admin = await newOwner();
    const guests = await Promise.all([newOwner(), newOwner(), newOwner()]);
    const invitation = await invite(admin);
    const answers = await Promise.all(
      guests.map(({ browser }) => browser.ask('POST', '/invitations/accept', { invitation })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410, 410]);
    expect(await membersOf(admin)).toHaveLength(2);
  });

  it('makes a member an admin, and never an admin a member', async () => {
    const admin = await newOwner();
    const member = await join(admin);
    for (const [person, role] of [
      [member, 'admin'],
      [member, 'member'],
      [admin, 'member'],
    ] as const) {
      const invitation = await invite(admin, { role });
      await person.browser.expect(200, 'POST', '/invitations/accept', { invitation });
      expect(await roleOf(person)).toBe('admin');
    }
  });

  it('is over when it was revoked', async () => {
    const admin = await newOwner();
    const invitation = await invite(admin);
    const [listed] = await admin.browser.expect<Invitation[]>(200, 'GET', at(admin, '/invitations'));
    const path = at(admin, `/invitations/${listed?.invitation_id}`);
    expect(await admin.browser.expect(200, 'DELETE', path)).toEqual({ status: 'OK' });
    const again = await admin.browser.ask('DELETE', path);
    expect(again.json()).toEqual({ code: 404, error: 'Not Found', detail: 'invitation not found' });
    expect(await admin.browser.expect(200, 'GET', at(admin, '/invitations'))).toEqual([]);
    const input = { name: 'Eve', email: newEmail(), password: PASSWORD, invitation };
    expect((await new Browser(server).ask('POST', '/register', input)).text).toBe(GONE);
  });

  it('is over after its days', async () => {
    const admin = await newOwner();
    const invitation = await invite(admin);
    await database.query(`update workspace_invitations set expires_at = now() where workspace_id = $1`, [
      admin.workspaceId,
    ]);
    const input = { name: 'Eve', email: newEmail(), password: PASSWORD, invitation };
    const guest = await newOwner();
    for (const answer of [
      await new Browser(server).ask('POST', '/register', input),
      await new Browser(server).ask('POST', '/invitations/look-up', { invitation }),
      await guest.browser.ask('POST', '/invitations/accept', { invitation }),
    ])
      expect([answer.status, answer.text]).toEqual([410, GONE]);
    expect(await admin.browser.expect(200, 'GET', at(admin, '/invitations'))).toEqual([]);
  });

  it.each([
    {},
    { role: 'owner' },
    { role: 'member', email: 'nowhere' },
    { role: 'member', workspace_id: 'x' },
  ])('is not made of %j', async (body) => {
    expect((await owner.browser.ask('POST', at(owner, '/invitations'), body)).status).toBe(422);
  });
});

describe('members', () => {
  it('see each other, with roles, in the order they came', async () => {
    const admin = await newOwner();
    const [second, third] = [await join(admin, 'member', { name: 'Two' }), await join(admin, 'admin')];
    const expected = [
      [admin, 'admin'],
      [second, 'member'],
      [third, 'admin'],
    ] as const;
    expect(await membersOf(second)).toEqual(
      expected.map(([{ accountId, name, email }, role]) => ({
        ...{ account_id: accountId, name, email, role },
        joined_at: expect.stringMatching(/^\d{4}-.*Z$/),
      })),
    );
  });

  it('get another role from an admin, from the next request on', async () => {
    const admin = await newOwner();
    const member = await join(admin);
    const path = at(admin, `/members/${member.accountId}`);
    await member.browser.expect(403, 'GET', at(admin, '/invitations'));
    expect(await admin.browser.expect(200, 'PATCH', path, { role: 'admin' })).toEqual({ status: 'OK' });
    await member.browser.expect(200, 'GET', at(admin, '/invitations'));
    await member.browser.expect(200, 'PATCH', at(admin, `/members/${admin.accountId}`), { role: 'member' });
    await admin.browser.expect(403, 'GET', at(admin, '/invitations'));
    expect([await roleOf(admin), await roleOf(member)]).toEqual(['member', 'admin']);
  });

  it('always have an admin: the last one neither becomes less nor leaves', async () => {
    const admin = await newOwner();
    const member = await join(admin);
    const path = at(admin, `/members/${admin.accountId}`);
    for (const [method, body] of [['PATCH', { role: 'member' }], ['DELETE']] as const)
      expect((await admin.browser.ask(method, path, body)).json()).toEqual(LAST_ADMIN);
    expect((await admin.browser.ask('POST', '/account/delete', { password: PASSWORD })).json()).toEqual(
      LAST_ADMIN,
    );
    expect(await roleOf(admin)).toBe('admin');
    await member.browser.expect(200, 'DELETE', at(admin, `/members/${member.accountId}`));
    // Alone, they may.
    await admin.browser.expect(200, 'DELETE', path);
    expect(await roleOf(admin)).toBeUndefined();
  });

  it('always have an admin, though two admins demote each other at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const admin = await newOwner();
      const second = await join(admin, 'admin');
      const demote = (by: Person, whom: Person) =>
        by.browser.ask('PATCH', at(admin, `/members/${whom.accountId}`), { role: 'member' });
      const leave = (who: Person) => who.browser.ask('DELETE', at(admin, `/members/${who.accountId}`));
      const acts = round % 2 ? [leave(admin), leave(second)] : [demote(admin, second), demote(second, admin)];
      const statuses = (await Promise.all(acts)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 200).length, String(statuses)).toBeGreaterThan(0);
      const { rows } = await database.query('select role from workspace_members where workspace_id = $1', [
        admin.workspaceId,
      ]);
      const roles = rows.map(({ role }) => role);
      expect(roles.length === 0 || roles.includes('admin'), String(roles)).toBe(true);
    }
  });

  it('remove nobody but themselves, unless they are admins', async () => {
    const admin = await newOwner();
    const [one, two] = [await join(admin), await join(admin)];
    const remove = (by: Person, whom: Person) =>
      by.browser.ask('DELETE', at(admin, `/members/${whom.accountId}`));
    for (const whom of [two, admin]) expect((await remove(one, whom)).text).toBe(NOT_ADMIN);
    // Nor do they learn who is one.
    expect((await one.browser.ask('DELETE', at(admin, '/members/acc_0000000000000000'))).text).toBe(
      NOT_ADMIN,
    );
    expect((await remove(one, one)).status).toBe(200);
    expect((await remove(admin, two)).status).toBe(200);
    const again = await remove(admin, two);
    expect(again.json()).toEqual({ code: 404, error: 'Not Found', detail: 'member not found' });
    expect(await membersOf(admin)).toHaveLength(1);
  });

  it('who were removed see nothing of the workspace, and keep their account', async () => {
    const admin = await newOwner();
    const member = await join(admin);
    await admin.browser.expect(200, 'DELETE', at(admin, `/members/${member.accountId}`));
    const missing = await member.browser.ask('GET', '/workspaces/ws_0000000000000000');
    const answer = await member.browser.ask('GET', at(admin));
    expect([answer.status, answer.text]).toEqual([404, missing.text]);
    expect(await member.browser.expect(200, 'GET', '/session')).toMatchObject({
      account: { account_id: member.accountId },
      workspaces: [],
    });
    const invitation = await invite(admin);
    await member.browser.expect(200, 'POST', '/invitations/accept', { invitation });
    expect(await roleOf(member)).toBe('member');
  });
});

describe('what a person opened in the portal', () => {
  const statusOf = async (key: string): Promise<number> =>
    (await ask(server, '/v2/jobs?limit=1', { key })).status;

  /** Each way in which it ends, done by the person or an admin. */
  const ENDS: readonly (readonly [
    title: string,
    end: (admin: Person, person: Person) => Promise<unknown>,
  ])[] = [
    [
      'removal by an admin',
      (admin, person) => admin.browser.expect(200, 'DELETE', at(admin, `/members/${person.accountId}`)),
    ],
    [
      'leaving',
      (admin, person) => person.browser.expect(200, 'DELETE', at(admin, `/members/${person.accountId}`)),
    ],
    [
      'another password',
      (_, person) =>
        person.browser.expect(200, 'POST', '/account/password', {
          current_password: PASSWORD,
          new_password: 'another password',
        }),
    ],
    [
      'the deletion of the account',
      (_, person) => person.browser.expect(200, 'POST', '/account/delete', { password: PASSWORD }),
    ],
  ];

  it.each(ENDS)('ends with %s, a live session too; what others opened goes on', async (_, end) => {
    const admin = await newOwner();
    const person = await join(admin);
    const projectId = await projectOf(admin);
    const batch = await mintInPortal(person, projectId);
    const jwt = await mintInPortal(person, projectId, { type: 'rt' });
    const own = await mintInPortal(admin, projectId);
    const ownJwt = await mintInPortal(admin, projectId, { type: 'rt' });
    const made = await person.browser.expect<{ key_value: string }>(201, 'POST', at(admin, '/api-keys'), {
      project_id: projectId,
      name: 'Made by hand',
    });
    const [ended, other] = [
      await RealtimeClient.start(server, { jwt }),
      await RealtimeClient.start(server, { jwt: ownJwt }),
    ];
    expect([await statusOf(batch), await statusOf(own)]).toEqual([200, 200]);

    await end(admin, person);
    const startMs = Date.now();
    await expect.poll(() => statusOf(batch), { timeout: 3_000 }).toBe(401);
    expect((await ended.closed).code).toBe(4001);
    expect(Date.now() - startMs).toBeLessThan(5_000);
    // API keys belong to the workspace.
    expect([await statusOf(own), await statusOf(made.key_value)]).toEqual([200, 200]);
    expect(other.socket.readyState).toBe(other.socket.OPEN);
    other.close();
  });

  it('in another workspace goes on when they leave one', async () => {
    const [one, two] = [await newOwner(), await newOwner()];
    const person = await join(one);
    await person.browser.expect(200, 'POST', '/invitations/accept', { invitation: await invite(two) });
    const here = await mintInPortal(person, await projectOf(one));
    const there = await mintInPortal({ ...person, workspaceId: two.workspaceId }, await projectOf(two));
    await one.browser.expect(200, 'DELETE', at(one, `/members/${person.accountId}`));
    await expect.poll(() => statusOf(here), { timeout: 3_000 }).toBe(401);
    expect(await statusOf(there)).toBe(200);
  });

  it('is open again for who comes back, by a new key', async () => {
    const admin = await newOwner();
    const person = await join(admin);
    const projectId = await projectOf(admin);
    const old = await mintInPortal(person, projectId);
    await admin.browser.expect(200, 'DELETE', at(admin, `/members/${person.accountId}`));
    const invitation = await invite(admin);
    await person.browser.expect(200, 'POST', '/invitations/accept', { invitation });
    const fresh = await mintInPortal(person, projectId);
    expect(await statusOf(fresh)).toBe(200);
    await expect.poll(() => statusOf(old), { timeout: 3_000 }).toBe(401);
  });

  it('stays over for a person who is removed while they mint', async () => {
    const admin = await newOwner();
    const projectId = await projectOf(admin);
    for (let round = 0; round < 5; round += 1) {
      const person = await join(admin);
      const path = at(admin, `/projects/${projectId}/temporary-keys`);
      const [removal, ...mints] = await Promise.all([
        admin.browser.ask('DELETE', at(admin, `/members/${person.accountId}`)),
        ...[1, 2, 3, 4].map(() => person.browser.ask('POST', path, { ttl: 600 })),
      ]);
      expect(removal?.status).toBe(200);
      for (const { status, text } of mints) {
        expect([201, 404], text).toContain(status);
        if (status !== 201) continue;
        const { key_value } = JSON.parse(text) as { key_value: string };
        await expect.poll(() => statusOf(key_value), { timeout: 3_000 }).toBe(401);
      }
    }
  });
});
