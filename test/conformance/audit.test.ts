import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask } from '../helpers/api.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { bearer, type RawAnswer, rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** What is written down, what proves that it was not touched, and what the owner of a key is told of refusals. */
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

interface Entry {
  readonly sequence: number;
  readonly action: string;
  readonly workspace_id: string | null;
  readonly target: string;
  readonly request_id: string | null;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly details: Record<string, unknown>;
  readonly hash: string;
}

let databaseUrl: string;
let server: RunningServer;
let database: pg.Client;
/** A management token of another workspace. */
let stranger: string;

beforeAll(async () => {
  databaseUrl = await newDatabase();
  server = await startServer({
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_DATABASE_URL: databaseUrl,
      PARLEY_RATE_BAD_CREDENTIALS: '100000/100000',
    },
  });
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const { workspace } = (await operator('POST', '/workspaces', { name: 'Other' })).json<{
    workspace: { workspace_id: string };
  }>();
  const created = await operator('POST', `/workspaces/${workspace.workspace_id}/management-tokens`, {
    name: 'other',
    permissions: ['projects:view', 'api-keys:view'],
  });
  stranger = created.json<{ token_value: string }>().token_value;
});
afterAll(async () => {
  await server?.stop();
  await database?.end();
});

const operator = (method: string, target: string, body?: object): Promise<Answer> =>
  ask(server, `/v1/operator${target}`, {
    method,
    key: server.bootstrap.operator_token,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });

async function newKey(name = 'a key'): Promise<{ key_value: string; apikey_id: string }> {
  const { management_token: key, project_id } = server.bootstrap;
  const body = JSON.stringify({ project_id, name });
  const answer = await ask(server, '/v1/api-keys', { method: 'POST', key, body });
  return answer.json<{ key_value: string; apikey_id: string }>();
}

const revoke = (id: string) =>
  ask(server, `/v1/api-keys/${id}`, { method: 'DELETE', key: server.bootstrap.management_token });

const entries = async (answer: Promise<Answer>): Promise<Entry[]> =>
  (await answer).json<{ entries: Entry[] }>().entries;

/** Runs the built `parley` as a person would. */
async function parley(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ]);
  return { code, out, err };
}

const verify = (...more: string[]) =>
  parley(
    ...['audit', 'verify', '--url', server.baseUrl],
    ...['--token-file', path.join(server.dataDir, 'bootstrap.json'), ...more],
  );

describe('the audit log', () => {
  it('says who did what to what, newest first, and pages back without a gap', async () => {
    const { apikey_id } = await newKey('CANARY-NAME');
    const revoked = await revoke(apikey_id);
    const all = await entries(operator('GET', '/audit'));
    expect(all.slice(0, 2)).toMatchObject([
      {
        action: 'api_key.revoked',
        target: apikey_id,
        workspace_id: server.bootstrap.workspace_id,
        request_id: revoked.headers.get('request-id'),
        actor: { kind: 'management-token', id: expect.stringMatching(/^tok_/) },
      },
      { action: 'api_key.created', target: apikey_id, details: { name: 'CANARY-NAME' } },
    ]);
    expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, i) => all.length - i));
    const page = await entries(operator('GET', `/audit?limit=2&before=${all.length - 1}`));
    expect(page).toEqual(all.slice(2, 4));
  });

  it('shows a workspace its own entries, and the operator those of any', async () => {
    const own = await entries(ask(server, '/v1/audit', { key: server.bootstrap.management_token }));
    expect(new Set(own.map((entry) => entry.workspace_id))).toEqual(new Set([server.bootstrap.workspace_id]));
    const other = await entries(ask(server, '/v1/audit', { key: stranger }));
    expect(other.map(({ action }) => action)).toEqual(['management_token.created', 'workspace.created']);
    const query = `?workspace_id=${other[0]?.workspace_id}`;
    expect(await entries(operator('GET', `/audit${query}`))).toEqual(other);
  });

  it.each(['limit=0', 'limit=1001', 'before=0', 'limit=x'])('refuses %s', async (query) => {
    expect((await operator('GET', `/audit?${query}`)).status).toBe(422);
  });

  it('is told to the server log, entry by entry, without names', async () => {
    const all = await entries(operator('GET', '/audit?limit=1000'));
    const lines = server.logs().filter((line) => line.includes('"msg":"audit"'));
    const logged = lines.map(
      (line) => JSON.parse(line) as { sequence: number; hash: string; action: string },
    );
    expect(logged.map(({ sequence, hash, action }) => [sequence, hash, action])).toEqual(
      all.map(({ sequence, hash, action }) => [sequence, hash, action]).reverse(),
    );
    expect(lines.join('\n')).not.toMatch(/CANARY-NAME|Other|ws_|key_/);
  });
});

describe('parley audit verify', () => {
  const end = async () => {
    const { out } = await verify();
    return /(\d+):([0-9a-f]{64})/.exec(out) ?? [];
  };

  it('finds an untouched log intact, also by an entry noted earlier', async () => {
    const [point = '', sequence] = await end();
    await newKey();
    const result = await verify('--expect', point);
    expect(result).toMatchObject({ code: 0, err: '' });
    expect(result.out).toMatch(new RegExp(`^intact up to ${Number(sequence) + 1}:[0-9a-f]{64}\n$`));
  });

  /** Undone after. No request was refused so far, so no entry about refusals comes in between. */
  async function tampered(statement: string): Promise<Awaited<ReturnType<typeof parley>>> {
    await database.query('create table kept as table audit_events');
    await database.query(statement);
    const result = await verify();
    await database.query('truncate audit_events');
    await database.query('insert into audit_events table kept');
    await database.query('drop table kept');
    return result;
  }

  it('names the entry that was altered, removed or moved, and exits with 1', async () => {
    const [, last] = await end();
    expect(await tampered(`update audit_events set target = 'key_x' where sequence = 3`)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^fault at entry 3 \(altered\)/),
    });
    expect(await tampered('delete from audit_events where sequence = 2')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^fault at entry 2 \(missing\)/),
    });
    const swap = `update audit_events set sequence = case sequence when 3 then 4.5 else 3.5 end where sequence in (3, 4);
      update audit_events set sequence = floor(sequence) where sequence in (3.5, 4.5)`;
    expect(await tampered(swap)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^fault at entry 3 \(reordered\)/),
    });
    expect(await tampered(`delete from audit_events where sequence = ${last}`)).toMatchObject({
      code: 1,
      out: expect.stringMatching(new RegExp(`^fault at entry ${last} \\(truncated\\)`)),
    });
    expect((await verify()).code).toBe(0);
  });

  it('sees by an expected entry that the log was cut together with its noted end', async () => {
    const [noted = '', last = ''] = await end();
    const cut = `update audit_heads set sequence = ${Number(last) - 1},
      hash = (select hash from audit_events where sequence = ${Number(last) - 1});
      delete from audit_events where sequence = ${last}`;
    await database.query('create table kept as table audit_events');
    await database.query('create table kept_head as table audit_heads');
    await database.query(cut);
    const [blind, seeing] = [await verify(), await verify('--expect', noted)];
    await database.query('truncate audit_events, audit_heads');
    await database.query('insert into audit_events table kept');
    await database.query('insert into audit_heads table kept_head');
    await database.query('drop table kept, kept_head');
    expect(blind.code).toBe(0);
    expect(seeing).toMatchObject({ code: 1, out: expect.stringContaining('(rolled_back)') });
  });

  it('exits with 2 and a reason when it cannot be asked', async () => {
    const file = path.join(server.dataDir, 'wrong-token');
    await writeFile(file, `${server.bootstrap.management_token}\n`, { mode: 0o600 });
    const refused = await parley('audit', 'verify', '--url', server.baseUrl, '--token-file', file);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('401: Permission Denied') });
    expect(refused.err).not.toContain(server.bootstrap.management_token);
    const nobody = await verify('--url', 'http://127.0.0.1:9');
    expect(nobody).toMatchObject({ code: 2, err: expect.stringMatching(/cannot be reached/) });
    const nothing = await parley('audit', 'verify', '--token-file', '/no/such/file');
    expect(nothing).toMatchObject({ code: 2, err: expect.stringMatching(/token cannot be read/) });
    const odd = await verify('--expect', 'yesterday');
    expect(odd).toMatchObject({ code: 2, err: expect.stringMatching(/422: expect in query should match/) });
  });
});

describe('why a request was refused', () => {
  const idOf = ({ headers }: Pick<Answer, 'headers'> | Pick<RawAnswer, 'headers'>) =>
    headers.get('request-id') ?? '';
  const explain = (id: string, key = server.bootstrap.management_token) =>
    ask(server, `/v1/requests/${id}`, { key });

  /** The owner and the operator are told, another workspace is not, and no answer names what was presented. */
  async function expectExplained(id: string, credential: string, expected: object): Promise<void> {
    const own = await explain(id);
    expect(own.json()).toMatchObject({ request_id: id, method: 'GET', route: '/v2/jobs', ...expected });
    expect(own.json()).toMatchObject({ address: '127.0.0.1', explanation: expect.stringMatching(/\.$/) });
    expect((await operator('GET', `/requests/${id}`)).text).toBe(own.text);
    expect(own.text).not.toContain(credential);
    const foreign = await explain(id, stranger);
    const missing = await explain('0'.repeat(32), stranger);
    expect([foreign.status, foreign.text]).toEqual([404, missing.text]);
  }

  it('a revoked key', async () => {
    const { key_value: key, apikey_id } = await newKey();
    await revoke(apikey_id);
    const id = idOf(await ask(server, '/v2/jobs', { key }));
    await expectExplained(id, key, { status: 401, reason: 'revoked', apikey_id });
  });

  it('an expired key', async () => {
    const { key_value: key, apikey_id } = await newKey();
    await database.query(
      "update api_keys set expires_at = now() - interval '1 second' where api_key_id = $1",
      [apikey_id],
    );
    const refused = await ask(server, '/v2/jobs', { key });
    expect(refused.status).toBe(401);
    await expectExplained(idOf(refused), key, { status: 401, reason: 'expired', apikey_id });
  });

  it('an endpoint for another customer type, and one of another region', async () => {
    const { key_value: key, apikey_id } = await newKey();
    const at = (host: string) =>
      rawAnswer(server, `GET /v2/jobs HTTP/1.1\r\nHost: ${host}\r\n${bearer(key).join(': ')}\r\n\r\n`);
    const enterprise = await at('eu2.asr.api.localhost');
    expect(enterprise.status).toBe(403);
    const reason = 'wrong_customer_type';
    await expectExplained(idOf(enterprise), key, { status: 403, reason, apikey_id });
    const abroad = await at('us1.asr.api.localhost');
    expect(abroad.status).toBe(401);
    await expectExplained(idOf(abroad), key, { status: 401, reason: 'wrong_region', apikey_id });
  });

  it('a credential of another kind, or without the permission', async () => {
    const { management_token: key, api_key } = server.bootstrap;
    const wrong = await ask(server, '/v2/jobs', { key });
    await expectExplained(idOf(wrong), key, { status: 401, reason: 'wrong_kind' });
    const lacking = await ask(server, '/v1/api-keys/key_0000000000000000', {
      method: 'DELETE',
      key: stranger,
    });
    expect(lacking.status).toBe(403);
    expect((await explain(idOf(lacking), stranger)).json()).toMatchObject({ reason: 'not_permitted' });
    const minted = await ask(server, '/v1/audit', { key: api_key });
    expect((await explain(idOf(minted))).json()).toMatchObject({ reason: 'wrong_kind', route: '/v1/audit' });
  });

  it('an unknown credential, which nobody owns: only the operator is told', async () => {
    const key = 'ply_CANARY-not-a-key';
    const id = idOf(await ask(server, '/v2/jobs?key=CANARY', { key }));
    expect((await explain(id)).status).toBe(404);
    const told = await operator('GET', `/requests/${id}`);
    expect(told.json()).toMatchObject({ reason: 'malformed', status: 401, route: '/v2/jobs' });
    expect(told.text).not.toContain('CANARY');
    const none = await rawAnswer(server, requestHead('GET', '/v2/nope'));
    expect((await operator('GET', `/requests/${idOf(none)}`)).json()).toMatchObject({
      reason: 'missing',
      route: 'none',
    });
  });

  it('an accepted request is not explained', async () => {
    const fine = await ask(server, '/v2/jobs', { key: server.bootstrap.api_key });
    expect((await operator('GET', `/requests/${idOf(fine)}`)).status).toBe(404);
  });
});

describe('a flood of 20,000 requests with junk', () => {
  it('leaves a few rows, one entry per reason, and the owner’s explanation', async () => {
    const before = (await database.query('select count(*)::integer as n from refusals')).rows[0].n;
    const { key_value, apikey_id } = await newKey();
    await revoke(apikey_id);
    let sent = 0;
    const send = async () => {
      while (sent < 20_000) {
        sent += 1;
        await ask(server, '/v2/jobs', { key: `ply_${'x'.repeat(33)}${String(sent).padStart(6, '0')}` });
      }
    };
    const flood = Promise.all(Array.from({ length: 32 }, send));
    const refused = await ask(server, '/v2/jobs', { key: key_value });
    await flood;
    const id = refused.headers.get('request-id');
    const told = await ask(server, `/v1/requests/${id}`, { key: server.bootstrap.management_token });
    expect(told.json()).toMatchObject({ reason: 'revoked', apikey_id });
    const { rows } = await database.query('select count(*)::integer as n from refusals');
    // Twenty per reason and minute: the flood may have met the turn of two minutes.
    expect(rows[0].n - before).toBeLessThanOrEqual(70);

    expect(await server.stop()).toBe(0);
    const counted = await database.query(
      `select sum((details ->> 'count')::integer)::integer as n, count(*)::integer as entries from audit_events
        where action = 'requests.refused' and details ->> 'reason' = 'malformed'`,
    );
    expect(counted.rows[0].n).toBeGreaterThanOrEqual(20_000);
    expect(counted.rows[0].entries).toBeLessThan(10);
  });
});
