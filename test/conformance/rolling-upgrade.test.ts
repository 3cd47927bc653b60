import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';
import { openServer } from '../../src/db/server.ts';
import { ask, endOfJob, submitSpeech } from '../helpers/api.ts';
import { leashProcess } from '../helpers/leash.ts';
import { serverOfTest, temporaryDirectory } from '../helpers/per-test.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { joinServer, type RunningServer, startServer } from '../helpers/server.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const MIGRATIONS = new URL('../../src/db/migrations/', import.meta.url);
const ENV = { PARLEY_ENGINE: 'scripted', PARLEY_RATE_SUBMIT: '1000/1000', PARLEY_RATE_READ: '1000/1000' };

/** A server that is not going to be ready. */
function spawnServer(env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: { PATH: process.env.PATH, PARLEY_PORT: '0', PARLEY_DATA_DIR: temporaryDirectory(), ...env },
    stdio: 'ignore',
  });
  if (child.pid !== undefined) void once(child, 'exit').then(leashProcess(child.pid, 'KILL'));
  return child;
}

async function clientOf(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** Brings a database to where another version would: the migrations whose names `isThere`, and further ones. */
async function migrateAs(
  url: string,
  isThere: (name: string) => boolean,
  further: Readonly<Record<string, string>> = {},
): Promise<void> {
  const directory = path.join(temporaryDirectory(), 'migrations');
  await mkdir(directory);
  for (const name of await readdir(MIGRATIONS))
    if (isThere(name)) await copyFile(new URL(name, MIGRATIONS), path.join(directory, name));
  for (const [name, text] of Object.entries(further)) await writeFile(path.join(directory, name), text);
  const database = await openServer(url, pino({ level: 'silent' }));
  await migrate(database.sql, pathToFileURL(`${directory}/`)).finally(() => database.close());
}

const names = async (client: pg.Client): Promise<string[]> =>
  (await client.query<{ name: string }>('select name from migrations order by name')).rows.map(
    (row) => row.name,
  );

describe('servers that are started', () => {
  it('at the same moment, on an empty database and an empty directory, are all ready', async () => {
    const dataDir = temporaryDirectory();
    const env = { ...ENV, PARLEY_DATABASE_URL: await newDatabase() };
    const servers = await Promise.all([1, 2, 3].map(() => serverOfTest({ dataDir, env })));
    const [first] = servers;
    const { api_key: key } = (first as RunningServer).bootstrap;
    const ids = await Promise.all(servers.map((server) => submitSpeech(server, key)));
    for (const server of servers)
      for (const id of ids) expect(await endOfJob(server, key, id)).toMatchObject({ status: 'done' });
    const client = await clientOf(env.PARLEY_DATABASE_URL);
    const { rows } = await client.query(`select (select count(*)::integer from nodes) as nodes,
      (select count(*)::integer from workspaces) as workspaces, (select count(*)::integer from admin_tokens) as tokens`);
    expect(rows).toEqual([{ nodes: 3, workspaces: 1, tokens: 2 }]);
  });

  it('after one was killed in the middle of a migration find nothing of it, and complete it', async () => {
    const url = await newDatabase();
    await migrateAs(url, (name) => name < '0005');
    const before = (await readdir(MIGRATIONS)).toSorted().filter((name) => name < '0005');
    const reader = await clientOf(url);
    // The migration makes its tables and then waits for whoever reads the one that it changes.
    await reader.query('begin; lock table api_keys in access share mode');
    const env = { ...ENV, PARLEY_DATABASE_URL: url };
    const doomed = spawnServer(env);
    const watcher = await clientOf(url);
    const count = async (condition: string): Promise<number> =>
      (
        await watcher.query(`select count(*)::integer as count from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and ${condition}`)
      ).rows[0].count;
    await expect.poll(() => count(`wait_event_type = 'Lock'`), { timeout: 20_000 }).toBe(1);
    doomed.kill('SIGKILL');
    await once(doomed, 'exit');
    await reader.end();
    // PostgreSQL finds out when it wants to answer.
    await expect.poll(() => count('true'), { timeout: 20_000 }).toBe(0);
    expect(await names(watcher)).toEqual(before);
    const { rows } = await watcher.query(`select to_regclass('accounts') as accounts`);
    expect(rows).toEqual([{ accounts: null }]);

    const next = await serverOfTest({ env });
    expect((await ask(next, '/v2/jobs', { key: next.bootstrap.api_key })).status).toBe(200);
    expect(await names(watcher)).toEqual((await readdir(MIGRATIONS)).toSorted());
  });
});

describe('a server of before', () => {
  it('goes on while a newer one, which adds to the schema, starts beside it', async () => {
    const url = await newDatabase();
    const server = await serverOfTest({ env: { ...ENV, PARLEY_DATABASE_URL: url } });
    const { api_key: key } = server.bootstrap;
    let isOver = false;
    const submitting = (async () => {
      const ids: string[] = [];
      while (!isOver) ids.push(await submitSpeech(server, key));
      return ids;
    })();
    submitting.catch(() => {}); // awaited at the end
    await migrateAs(url, () => true, {
      '9000_addition.sql': `create table additions (addition_id text primary key);
        alter table jobs add column weight integer not null default 1;
        alter table nodes add column weight integer not null default 1;
        create index jobs_by_weight on jobs (environment, weight)`,
    });
    const joined = await joinServer(server, { ...ENV, PARLEY_DATABASE_URL: url });
    onTestFinished(async () => void (await joined.stop()));
    const id = await submitSpeech(server, key);
    isOver = true;
    const ids = [...(await submitting), id];
    expect(ids.length).toBeGreaterThan(3);
    for (const one of ids) expect(await endOfJob(joined, key, one)).toMatchObject({ status: 'done' });
    expect((await ask(joined, '/v2/jobs', { key })).status).toBe(200);
    expect((await ask(server, '/health/ready')).json()).toEqual({ status: 'ready' });
  });

  it('is not started on a schema that is no longer its own', async () => {
    const url = await newDatabase();
    await migrateAs(url, () => true, { '9000_break.sql': '-- breaking\nselect 1' });
    await expect(startServer({ env: { ...ENV, PARLEY_DATABASE_URL: url } })).rejects.toThrow(
      /code 78[\s\S]*parley: PARLEY_DATABASE_URL leads to a database that was upgraded by a newer version \(9000_break\.sql\)/,
    );
  });
});

describe('a database that cannot be used ends the start with a sentence', () => {
  const PASSWORD = 'hunter2secret';
  const users = { reader: 'upgrade_test_reader', stranger: 'upgrade_test_stranger' };
  let url: URL;
  let admin: pg.Client;
  beforeAll(async () => {
    url = new URL(await newDatabase());
    admin = new pg.Client({ connectionString: url.href });
    await admin.connect();
    for (const user of Object.values(users))
      await admin.query(`create role ${user} login password '${PASSWORD}'`);
    await admin.query(`alter role ${users.reader} set default_transaction_read_only = on`);
  });
  afterAll(async () => {
    for (const user of Object.values(users)) await admin.query(`drop role ${user}`);
    await admin.end();
  });

  const as = (
    changes: Partial<Pick<URL, 'hostname' | 'pathname' | 'username' | 'password' | 'port'>>,
  ): string => Object.assign(new URL(url), { password: PASSWORD, ...changes }).href;
  it.each<readonly [string, () => string, number, RegExp]>([
    [
      'host',
      () => as({ hostname: 'no-such-host.invalid' }),
      1,
      /names the host no-such-host\.invalid, which is not known/,
    ],
    ['port', () => as({ port: '1' }), 1, /leads to 127\.0\.0\.1:1, where nothing answers \(ECONNREFUSED\)/],
    ['password', () => as({}), 78, /names the user "parley", whom PostgreSQL does not let into/],
    [
      'no password',
      () => as({ password: '' }),
      78,
      /names the user "parley", whom PostgreSQL does not let into/,
    ],
    ['user', () => as({ username: 'nobody' }), 78, /names the user "nobody", whom/],
    [
      'database',
      () => Object.assign(new URL(url), { pathname: '/nowhere' }).href,
      78,
      /names the database "nowhere", which is not there/,
    ],
    [
      'read-only',
      () => as({ username: users.reader }),
      78,
      /read-only for this user: turn default_transaction_read_only off/,
    ],
    [
      'foreign',
      () => as({ username: users.stranger }),
      78,
      /names the user "upgrade_test_stranger", who may not make/,
    ],
  ])('for its %s', async (_, address, code, sentence) => {
    const refused = await startServer({ env: { ...ENV, PARLEY_DATABASE_URL: address() } }).then(
      () => 'it is ready',
      (error: Error) => error.message,
    );
    expect(refused).toContain(`ended with code ${code}`);
    const said = refused.split('\n').filter((line) => line.startsWith('parley: '));
    expect(said).toEqual([expect.stringMatching(/^parley: PARLEY_DATABASE_URL /)]);
    expect(said[0]).toMatch(sentence);
    for (const secret of [PASSWORD, url.password]) expect(refused).not.toContain(secret);
  });
});
