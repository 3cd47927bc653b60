import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { newDatabase } from '../../test/helpers/postgres.ts';
import { query } from '../../test/helpers/query.ts';
import { openNodes } from '../../test/helpers/sessions.ts';
import type { Database } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { openServer } from '../db/server.ts';
import { createDiskStore, type DiskStore } from '../storage/disk.ts';
import { settleSession } from '../usage/sessions/settle.ts';
import { finishErasures, startEraser } from './erase.ts';

const log = pino({ level: 'silent' });
let root: string;
let store: DiskStore;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'parley-erase-'));
  store = createDiskStore({ root });
});
afterAll(() => rm(root, { recursive: true }));

async function eraseAll(database: Database): Promise<void> {
  const eraser = await startEraser({ database, store, storeId: 'test', log });
  await eraser.run();
  await eraser.stop();
}

/** On a connection of its own: within a transaction the answer would not change. */
const locksAwaited = async (url: string): Promise<number> =>
  (
    await query(
      url,
      `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    )
  ).length;

describe('erasing an end user or a project while sessions are open', () => {
  let nodes: Awaited<ReturnType<typeof openNodes>>;
  beforeAll(async () => {
    nodes = await openNodes('server');
  });
  afterAll(() => nodes.close());
  beforeEach(() => nodes.reset());

  it.each([
    ['USER123', ['', 'USER456']],
    ['', []],
  ])('of "%s" leaves nothing that would be counted at their end', async (client_ref, left) => {
    const ledger = nodes.ledger('node_1');
    const sessions = [null, 'USER123', 'USER456'].map((clientRef) => nodes.session({ clientRef }));
    for (const session of sessions) await ledger.open(session);
    const other = nodes.session({ projectId: nodes.owner.projectId + 1, clientRef: 'USER123' });
    await ledger.open(other);
    const erasure = { project_id: nodes.owner.projectId, client_ref, regions: ['eu'] };
    await nodes.database.sql.insertInto('erasures').values(erasure).execute();
    await eraseAll(nodes.database);
    const used = { language: 'en', operatingPoint: 'standard', audioSeconds: 1 };
    for (const { sessionId } of [...sessions, other]) await ledger.end(sessionId, used);
    const usage = (await nodes.traces()).usage.map((one) => one.client_ref);
    expect(usage).toEqual([...left, 'USER123'].toSorted());
  });

  it('is tried again at once when the database refuses, as it does for a deadlock', async () => {
    const { sql } = nodes.database;
    for (const text of [
      `create sequence tries`,
      `create function refuse_once() returns trigger language plpgsql as $$ begin
         if nextval('tries') = 1 then raise exception 'deadlock detected' using errcode = '40P01'; end if;
         return null;
       end $$`,
      `create trigger refuse_once before delete on realtime_sessions execute function refuse_once()`,
    ]) {
      await raw.raw(text).execute(sql);
    }
    onTestFinished(async () => {
      await raw`drop function refuse_once cascade`.execute(sql);
      await raw`drop sequence tries`.execute(sql);
    });
    const erasure = { project_id: nodes.owner.projectId, client_ref: 'USER123', regions: ['eu'] };
    await sql.insertInto('erasures').values(erasure).execute();
    await eraseAll(nodes.database);
    expect(await sql.selectFrom('erasures').selectAll().execute()).toEqual([]);
  });

  it('leaves no usage of a session that ends meanwhile', async () => {
    const session = nodes.session({ clientRef: 'USER123' });
    await nodes.ledger('node_1').open(session);
    const { sql } = nodes.database;
    const erasure = { project_id: nodes.owner.projectId, client_ref: 'USER123', regions: ['eu'] };
    await sql.insertInto('erasures').values(erasure).execute();
    const ending = await sql.startTransaction().execute();
    await settleSession(ending, session, { language: 'en', operatingPoint: 'standard', audioSeconds: 1 }, 0);
    const erasing = eraseAll(nodes.database);
    await expect.poll(() => locksAwaited(nodes.url ?? '')).toBe(1);
    await ending.commit().execute();
    await erasing;
    expect((await nodes.traces()).usage).toEqual([]);
  });
});

describe('an erasure in the control database of environments that erase by themselves', () => {
  const PROJECT = 1;
  let url: string;
  let database: Database;
  beforeEach(async () => {
    url = await newDatabase();
    database = await openServer(url, log);
    await migrate(database.sql);
    for (const environment of ['EU1', 'EU2']) {
      await database.sql.insertInto('environments').values({ environment, region: 'eu' }).execute();
    }
    await ask();
    return () => database.close();
  });

  const ask = () =>
    database.sql
      .insertInto('erasures')
      .values({ project_id: PROJECT, client_ref: 'USER123', regions: ['eu'] })
      .execute();

  /** As PostgreSQL applies what an environment reports. */
  async function reports(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    onTestFinished(() => client.end());
    await client.query('set session_replication_role = replica');
    return client;
  }

  const done = (client: pg.Client, environment: string) =>
    client.query(
      `insert into erasures_done select $1, project_id, client_ref, requested_at from erasures
         on conflict (environment, project_id, client_ref) do update set requested_at = excluded.requested_at`,
      [environment],
    );

  const isSaidBy = (environment: string, origin: string) =>
    database.sql
      .insertInto('environment_receipts')
      .values({ environment, origin, applied_version: 0, heard_at: new Date(), missed_at: null })
      .execute();

  async function use(origin: string, client_ref = 'USER123'): Promise<void> {
    const environment = origin === 'control' ? 'US2' : origin.slice(0, 3);
    await database.sql
      .insertInto('usage_daily')
      .values({
        environment,
        origin,
        day: '2026-01-31',
        workspace_id: 'ws_test',
        project_id: PROJECT,
        api_key_id: 'key_1',
        client_ref,
        mode: 'batch',
        type: 'transcription',
        language: 'en',
        operating_point: 'standard',
        count: 1,
        audio_seconds: 1,
      })
      .execute();
  }

  const usage = async () =>
    (
      await database.sql
        .selectFrom('usage_daily')
        .select(['origin', 'client_ref'])
        .orderBy('origin')
        .orderBy('client_ref')
        .execute()
    ).map(({ origin, client_ref }) => `${origin} ${client_ref}`);

  const isPending = async () => {
    const rows = await database.sql.selectFrom('erasures').select('client_ref').execute();
    return rows.length > 0;
  };

  it('is over when both have said so at the same moment', async () => {
    const [one, other] = [await reports(), await reports()];
    await one.query('begin');
    await done(one, 'EU1');
    await other.query('begin');
    await done(other, 'EU2');
    await Promise.all([one.query('commit'), other.query('commit')]);
    await finishErasures({ database, log });
    expect(await isPending()).toBe(false);
  });

  it('is not over when it is asked for again at that moment', async () => {
    const client = await reports();
    for (const environment of ['EU1', 'EU2']) await done(client, environment);
    const asking = await database.sql.startTransaction().execute();
    await asking.updateTable('erasures').set({ requested_at: raw<Date>`clock_timestamp()` }).execute();
    const finishing = finishErasures({ database, log });
    await expect.poll(() => locksAwaited(url)).toBe(1);
    await asking.commit().execute();
    await finishing;
    expect(await isPending()).toBe(true);
  });

  it('takes what databases have reported that are gone, and no more of those that are there', async () => {
    await isSaidBy('EU1', 'EU1');
    await isSaidBy('EU2', 'EU2.2');
    for (const origin of ['control', 'EU2', 'US1']) await use(origin);
    await use('US1', 'USER456');
    // They have erased what was before, so this came after.
    for (const origin of ['EU1', 'EU2.2']) await use(origin);
    const client = await reports();
    await done(client, 'EU1');
    await finishErasures({ database, log });
    expect(await isPending()).toBe(true);
    await done(client, 'EU2');
    await finishErasures({ database, log });
    expect(await isPending()).toBe(false);
    expect(await usage()).toEqual(['EU1 USER123', 'EU2.2 USER123', 'US1 USER456']);
  });

  it('takes the database’s own once for each time it is asked for, however long environments are away', async () => {
    await use('control');
    await eraseAll(database);
    expect(await usage()).toEqual([]);
    await use('control');
    await eraseAll(database);
    expect([await isPending(), await usage()]).toEqual([true, ['control USER123']]);
    await database.sql.updateTable('erasures').set({ requested_at: raw<Date>`now()` }).execute();
    await eraseAll(database);
    expect([await isPending(), await usage()]).toEqual([true, []]);
    await use('control');
    const client = await reports();
    for (const environment of ['EU1', 'EU2']) await done(client, environment);
    await finishErasures({ database, log });
    expect([await isPending(), await usage()]).toEqual([false, ['control USER123']]);
    await ask();
    await eraseAll(database);
    expect(await usage()).toEqual([]);
  });
});
