import { generateKeyPairSync, sign } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, ask } from '../helpers/api.ts';
import { dumpTables } from '../helpers/dump.ts';
import { leashedDirectory } from '../helpers/leash.ts';
import { expectJson, newCustomer, send } from '../helpers/management.ts';
import { type Outcome, parleyIn } from '../helpers/parley.ts';
import { serverOfTest, temporaryDirectory } from '../helpers/per-test.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { joinServer, type RunningServer, startServer } from '../helpers/server.ts';

/** Tokens that administer the installation, on two nodes of one database. */
const TOKENS = '/v1/operator/tokens';
const UNAUTHENTICATED = { code: 401, error: 'Permission Denied' };

let databaseUrl: string;
let database: pg.Client;
let near: RunningServer;
let far: RunningServer;
let first: string;
/** Every value that was handed out. */
const values: string[] = [];
const github = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const folder = leashedDirectory('parley-operator-tokens-');

beforeAll(async () => {
  databaseUrl = await newDatabase();
  const keys = path.join(folder.path, 'github.json');
  const key = github.publicKey.export({ type: 'spki', format: 'pem' });
  await writeFile(keys, JSON.stringify({ public_keys: [{ key_identifier: 'k', key, is_current: true }] }));
  const env = {
    PARLEY_ENGINE: 'scripted',
    PARLEY_DATABASE_URL: databaseUrl,
    PARLEY_LOG_LEVEL: 'trace',
    PARLEY_GITHUB_SCANNING_KEYS_FILE: keys,
  };
  near = await startServer({ env });
  far = await joinServer(near, env);
  first = near.bootstrap.operator_token;
  values.push(first);
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await Promise.all([near?.stop(), far?.stop()]);
  await database?.end();
  await folder.remove();
});

/** Only the first token is left. */
beforeEach(() =>
  database.query(`update admin_tokens
    set revoked_at = case when name <> 'First operator token' then now() end where kind = 'operator'`),
);

interface Created {
  readonly token_id: string;
  readonly token_value: string;
}

async function make(name = 'another'): Promise<Created> {
  const created = await expectJson<Created>(201, send(near, first, 'POST', TOKENS, { name }));
  values.push(created.token_value);
  return created;
}

const list = (token = first, server = near) =>
  expectJson<{ token_id: string; name: string }[]>(200, send(server, token, 'GET', TOKENS));
const idOf = async (token: string) =>
  (await list(token)).find((one) => token.startsWith(prefixOf(one)))?.token_id;
const prefixOf = (one: object) => (one as { token_prefix: string }).token_prefix;
const revoke = (token: string, id = '', server = near): Promise<Answer> =>
  send(server, token, 'DELETE', `${TOKENS}/${id}`);
/** On each node. */
const statuses = (token: string) =>
  Promise.all(
    [near, far].map(async (server) => (await ask(server, '/v1/operator/workspaces', { key: token })).status),
  );

interface Entry {
  readonly action: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly target: string;
  readonly workspace_id: string | null;
  readonly details: object;
}

async function newestEntry(token = first): Promise<Entry | undefined> {
  const answer = send(near, token, 'GET', '/v1/operator/audit?limit=1');
  return (await expectJson<{ entries: Entry[] }>(200, answer)).entries[0];
}

describe('an operator token', () => {
  it('is shown when it is made, and works on every node', async () => {
    const created = await make('Night shift');
    expect(created).toEqual({
      token_id: expect.stringMatching(/^tok_\w+$/),
      token_value: expect.stringMatching(/^plyo_[0-9A-Za-z]{39}$/),
    });
    expect(await statuses(created.token_value)).toEqual([200, 200]);
    expect(await newestEntry()).toMatchObject({
      action: 'operator_token.created',
      actor: { kind: 'operator-token', id: await idOf(first) },
      target: created.token_id,
      workspace_id: null,
      details: { name: 'Night shift' },
    });
  });

  it('is listed by its name and beginning, newest first, and never shown again', async () => {
    const { token_id, token_value } = await make();
    const { text } = await send(far, token_value, 'GET', TOKENS);
    expect(JSON.parse(text)).toEqual(
      [token_value, first].map((value, index) => ({
        token_id: index === 0 ? token_id : expect.stringMatching(/^tok_/),
        name: index === 0 ? 'another' : 'First operator token',
        token_prefix: value.slice(0, 9),
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      })),
    );
    for (const value of values) expect(text).not.toContain(value.slice(9));
  });

  it('ends on every node with the answer to its revocation', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { token_id, token_value } = await make();
      expect(await statuses(token_value)).toEqual([200, 200]);
      expect((await revoke(first, token_id)).json()).toEqual({ status: 'OK' });
      expect(await statuses(token_value)).toEqual([401, 401]);
      expect((await send(far, token_value, 'GET', TOKENS)).json()).toEqual(UNAUTHENTICATED);
      expect(await list()).toHaveLength(1);
      expect(await newestEntry()).toMatchObject({
        action: 'operator_token.revoked',
        target: token_id,
        details: { name: 'another' },
      });
    }
  });

  it('may revoke itself', async () => {
    const { token_id, token_value } = await make();
    expect((await revoke(token_value, token_id)).status).toBe(200);
    expect(await statuses(token_value)).toEqual([401, 401]);
    expect(await newestEntry()).toMatchObject({ action: 'operator_token.revoked', actor: { id: token_id } });
  });

  it('that is unknown, revoked, or the management token of a workspace is not found', async () => {
    const { workspaceId, token } = await newCustomer(near);
    const path = `/v1/operator/workspaces/${workspaceId}/management-tokens`;
    const [management] = await expectJson<{ token_id: string }[]>(200, send(near, first, 'GET', path));
    const revoked = await make();
    await revoke(first, revoked.token_id);
    for (const id of [management?.token_id, revoked.token_id, 'tok_0000000000000000', 'x', '..%2Faudit']) {
      const answer = await revoke(first, id);
      expect([id, answer.status, answer.json()]).toEqual([
        id,
        404,
        expect.objectContaining({ code: 404, error: 'Not Found', detail: 'operator token not found' }),
      ]);
    }
    expect((await ask(near, '/v1/projects', { key: token })).status).toBe(200);
    const other = await send(near, first, 'DELETE', `${path}/${await idOf(first)}`);
    expect(other.status).toBe(404);
    expect(await statuses(first)).toEqual([200, 200]);
  });
});

describe('the last operator token', () => {
  const REFUSED = {
    code: 409,
    error: 'Conflict',
    detail: 'the last operator token cannot be revoked; create another one first',
  };

  it('cannot be revoked, and nothing is written down', async () => {
    await newCustomer(near); // its management token is none of the operator's
    const before = await newestEntry();
    expect((await revoke(first, await idOf(first))).json()).toMatchObject(REFUSED);
    expect(await statuses(first)).toEqual([200, 200]);
    expect(await newestEntry()).toEqual(before);
  });

  it('is left by two revocations of the last two at once, on two nodes', async () => {
    const { token_id, token_value } = await make();
    const own = await idOf(first);
    // Both are let in before either can change anything.
    await database.query('begin');
    await database.query('select from audit_heads for update');
    const answers = Promise.all([revoke(first, token_id, near), revoke(token_value, own, far)]);
    await expect.poll(waiting).toBe(2);
    await database.query('commit');
    const [ofFirst, ofSecond] = await answers;
    expect([ofFirst.status, ofSecond.status].sort()).toEqual([200, 409]);
    expect((ofFirst.status === 409 ? ofFirst : ofSecond).json()).toMatchObject(REFUSED);
    const survivor = ofFirst.status === 200 ? first : token_value;
    expect(await statuses(survivor)).toEqual([200, 200]);
    expect(await list(survivor)).toHaveLength(1);
  });

  async function waiting(): Promise<number> {
    const { rows } = await database.query<{ count: number }>(`select count(*)::integer from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
    return rows[0]?.count ?? 0;
  }
});

const recover = (env: Readonly<Record<string, string>>, ...more: string[]): Promise<Outcome> =>
  parleyIn(env, 'operator-tokens', 'recover', '--name', 'After the loss', ...more);

describe('when every operator token is lost', () => {
  const settings = () => ({
    PARLEY_DATABASE_URL: databaseUrl,
    PARLEY_PEPPER_FILE: path.join(near.dataDir, 'pepper'),
  });

  /** The command makes one that works at once on running nodes, and says in the log where it was made. */
  async function recovers(): Promise<void> {
    const { code, out, err } = await recover(settings());
    values.push(out.trim());
    expect({ code, out, err }).toEqual({
      code: 0,
      out: expect.stringMatching(/^plyo_[0-9A-Za-z]{39}\n$/),
      err: expect.stringMatching(/^Token tok_\w+; it is shown here and never again:\n$/),
    });
    const token = out.trim();
    expect(await statuses(token)).toEqual([200, 200]);
    expect(await newestEntry(token)).toMatchObject({
      action: 'operator_token.created',
      actor: { kind: 'machine', id: os.hostname() },
      target: /tok_\w+/.exec(err)?.[0],
      details: { name: 'After the loss' },
    });
    const verified = await send(near, token, 'GET', '/v1/operator/audit/verify');
    expect(verified.json()).toMatchObject({ ok: true });
  }

  it('or was revoked behind the back of the server, a command makes another', async () => {
    await database.query(`update admin_tokens set revoked_at = now() where kind = 'operator'`);
    expect(await statuses(first)).toEqual([401, 401]);
    await recovers();
    expect(await statuses(first)).toEqual([401, 401]);
  });

  it('by a report of GitHub, which ends also the last one, so does it', async () => {
    const body = JSON.stringify([{ token: first, type: 't', url: 'https://x.example', source: 'content' }]);
    const headers = {
      'github-public-key-identifier': 'k',
      'github-public-key-signature': sign('sha256', Buffer.from(body), github.privateKey).toString('base64'),
    };
    const answer = await ask(near, '/v1/secret-scanning/github', { method: 'POST', body, headers });
    expect(answer.json()).toMatchObject([{ label: 'true_positive' }]);
    expect(await statuses(first)).toEqual([401, 401]);
    const written = await database.query(
      'select action, actor_kind from audit_events order by sequence desc',
    );
    expect(written.rows[0]).toEqual({ action: 'operator_token.revoked', actor_kind: 'github' });
    await recovers();
  });

  it('the answer is JSON when that is asked for', async () => {
    const { code, out, err } = await recover(settings(), '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { token_id, token_value } = JSON.parse(out) as Created;
    values.push(token_value);
    expect((await list(token_value))[0]).toMatchObject({ token_id, name: 'After the loss' });
  });

  it('nothing is made with a name that is none, another pepper or none, or in another database', async () => {
    const other = path.join(folder.path, 'other-pepper');
    await writeFile(other, `${'ab'.repeat(32)}\n`, { mode: 0o600 });
    const directory = temporaryDirectory();
    const cases: [Record<string, string>, string[], number, RegExp][] = [
      [settings(), ['--name', ''], 2, /^parley: --name must have 1 to 120 printable characters$/m],
      [settings(), ['--name', 'a\u001b[31m'], 2, /--name must have/],
      [settings(), ['--name', 'a'.repeat(121)], 2, /--name must have/],
      [{ ...settings(), PARLEY_PEPPER_FILE: other }, [], 2, /a pepper that is not in the pepper file$/m],
      [
        { PARLEY_DATABASE_URL: databaseUrl, PARLEY_DATA_DIR: directory },
        [],
        2,
        /^parley: there is no pepper file/,
      ],
      [{ PARLEY_DATA_DIR: directory }, [], 2, /^parley: there is no pepper file/],
      [
        { ...settings(), PARLEY_DATABASE_URL: await newDatabase() },
        [],
        78,
        /^parley: PARLEY_DATABASE_URL or PARLEY_DATA_DIR leads to a database without an installation/,
      ],
    ];
    const before = await stateOf(database);
    for (const [env, more, code, reason] of cases) {
      expect(await recover(env, ...more)).toEqual({ code, out: '', err: expect.stringMatching(reason) });
    }
    expect(await stateOf(database)).toEqual(before);
    expect(await readdir(directory)).toEqual([]);
  });

  it('an embedded database is let go by its server first', { timeout: 60_000 }, async () => {
    const dataDir = temporaryDirectory();
    const options = { dataDir, env: { PARLEY_ENGINE: 'scripted' } };
    const server = await serverOfTest(options);
    expect(await recover({ PARLEY_DATA_DIR: dataDir })).toEqual({
      code: 2,
      out: '',
      err: expect.stringMatching(
        /^parley: \S+ is in use by another process, such as a server: stop that first/,
      ),
    });
    await server.stop();
    const { code, out } = await recover({ PARLEY_DATA_DIR: dataDir });
    expect(code).toBe(0);
    const again = await serverOfTest(options);
    expect((await list(out.trim(), again)).map(({ name }) => name)).toEqual([
      'After the loss',
      'First operator token',
    ]);
  });
});

async function stateOf(client: pg.Client) {
  const { admin_tokens, audit_events } = await dumpTables(client);
  return { admin_tokens, audit_events };
}

it('no value is in a log or in the database', async () => {
  expect(values.length).toBeGreaterThan(5);
  const written = [...near.logs(), ...far.logs(), JSON.stringify(await dumpTables(database))].join('\n');
  for (const value of values) expect(written).not.toContain(value.slice(9));
});
