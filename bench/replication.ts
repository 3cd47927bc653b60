/**
 * What the control database pays to have environments follow it (docs/scale.md): bytes of WAL and bytes sent for a
 * change, processor time for each database that follows, and the time of a first copy. The tables and row filters are
 * those that carry keys; the databases that follow are all in one other PostgreSQL.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { migrate } from '../src/db/migrate.ts';
import { openServer } from '../src/db/server.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { cpuSecondsWithChildren } from './cpu-seconds.ts';
import { printTable } from './table.ts';

const CHANGES = 2_000;
const SUBSCRIPTIONS = [0, 1, 4, 16] as const;
const MOST = 16;
const CHANGES_DECODED = 10_000;
const COPIED = 1_000_000;

const control = await startPostgres(undefined, [
  'max_wal_senders=40',
  'max_replication_slots=40',
  'max_wal_size=8GB',
]);
const environments = await startPostgres(undefined, [
  'max_logical_replication_workers=40',
  'max_worker_processes=60',
  'max_replication_slots=40',
  'max_wal_size=8GB',
]);
const client = await prepare(control.url);

await wal();
await client.query(
  `create publication region_eu for table api_keys where ('eu' = any (regions)), identity_head, bench_heartbeat`,
);
await sent();
await decoding();
await copying();
await client.end();
await control.stop();
await environments.stop();

/** A database of the current schema, with a row that is written several times a second. */
async function prepare(url: string): Promise<pg.Client> {
  const database = await openServer(url, pino({ level: 'silent' }));
  await migrate(database.sql);
  await database.close();
  const made = new pg.Client({ connectionString: url });
  await made.connect();
  // Numbers and notices of changes are measured apart.
  await made.query(`alter table api_keys disable trigger user;
    create table bench_heartbeat (only_row boolean primary key, at timestamptz not null);
    insert into bench_heartbeat values (true, now())`);
  return made;
}

async function insertKeys(region: string, count: number): Promise<void> {
  for (let one = 0; one < count; one += 1) {
    await client.query(
      `insert into api_keys (api_key_id, digest, workspace_id, project_id, name, regions, prefix)
       select 'key_' || left(md5(random()::text), 16), sha256(random()::text::bytea), 'ws_abcdefghijklmnop', 1,
         'production, billing service', array[$1], 'ply_abcd'`,
      [region],
    );
  }
}
async function revokeKeys(region: string, count: number): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    'select api_key_id as id from api_keys where revoked_at is null and regions[1] = $1 limit $2',
    [region, count],
  );
  for (const { id } of rows)
    await client.query('update api_keys set revoked_at = now() where api_key_id = $1', [id]);
}

async function repeat(text: string, count: number): Promise<void> {
  for (let one = 0; one < count; one += 1) await client.query(text);
}
function nextVersion(count: number): Promise<void> {
  return repeat('update identity_head set version = version + 1', count);
}
function beat(count: number): Promise<void> {
  return repeat('update bench_heartbeat set at = clock_timestamp()', count);
}

/** Bytes of WAL of a change that is a transaction of its own. */
async function wal(): Promise<void> {
  const bytesOf = async (change: (count: number) => Promise<void>): Promise<string> => {
    const { rows: before } = await client.query('select pg_current_wal_insert_lsn() as lsn');
    await change(CHANGES);
    const { rows } = await client.query('select pg_current_wal_insert_lsn() - $1::pg_lsn as bytes', [
      before[0].lsn,
    ]);
    return (Number(rows[0].bytes) / CHANGES).toFixed(0);
  };
  const results = new Map<string, string[]>();
  for (const identity of ['default', 'full']) {
    await client.query(`alter table api_keys replica identity ${identity}`);
    await insertKeys('eu', CHANGES); // pages that a checkpoint has seen are written whole once
    results.set(identity, [
      await bytesOf((count) => insertKeys('eu', count)),
      await bytesOf((count) => revokeKeys('eu', count)),
      await bytesOf(nextVersion),
      await bytesOf(beat),
    ]);
  }
  const names = ['a key is made', 'a key is revoked', 'the version of the changes', 'a heartbeat'];
  printTable(
    'Bytes of WAL of a change',
    ['change', 'REPLICA IDENTITY DEFAULT', 'REPLICA IDENTITY FULL'],
    names.map((name, index) => [
      name,
      results.get('default')?.[index] ?? '',
      results.get('full')?.[index] ?? '',
    ]),
  );
}

/** What a walsender would send of a change. */
async function sent(): Promise<void> {
  await client.query(`select pg_create_logical_replication_slot('bench', 'pgoutput')`);
  const take = async () => {
    const { rows } = await client.query<{ messages: string; bytes: string }>(
      `select count(*) as messages, coalesce(sum(length(data)), 0) as bytes
       from pg_logical_slot_get_binary_changes('bench', null, null, 'proto_version', '3', 'publication_names', 'region_eu')`,
    );
    return rows[0];
  };
  const kinds: [string, (count: number) => Promise<void>][] = [
    ['a key of the region is made', (count) => insertKeys('eu', count)],
    ['a key of the region is revoked', (count) => revokeKeys('eu', count)],
    ['a key of another region is made', (count) => insertKeys('usa', count)],
    ['a key of another region is revoked', (count) => revokeKeys('usa', count)],
    ['the version of the changes', nextVersion],
    ['a heartbeat', beat],
  ];
  const rows: string[][] = [];
  for (const [name, change] of kinds) {
    await take();
    await change(CHANGES);
    const taken = await take();
    rows.push([
      name,
      ...[taken?.messages, taken?.bytes].map((value) => (Number(value) / CHANGES).toFixed(1)),
    ]);
  }
  await client.query(`select pg_drop_replication_slot('bench')`);
  printTable('Sent to each database that follows', ['change', 'messages', 'bytes'], rows);
}

/**
 * Processor time of the control database, with all its processes: for changes that are published, half of them of keys
 * of another region, and for changes of another table, as environments report them.
 */
async function decoding(): Promise<void> {
  const followers: pg.Client[] = [];
  for (let one = 0; one < MOST; one += 1) followers.push(await prepare(await environments.createDatabase()));
  await client.query(
    `insert into nodes (node_id, environments, lease_until, applied_version, roles)
     values ('node_abcdefghijklmnop', '{EU1}', now(), 0, '{api}')`,
  );
  const rows: string[][] = [];
  const alone: number[] = [];
  let subscribed = 0;
  for (const count of SUBSCRIPTIONS) {
    for (; subscribed < count; subscribed += 1) await subscribe(followers[subscribed], subscribed, false);
    const published = await cpuMsOf(changeKeys);
    const cost = [published.control, (await cpuMsOf(renewLease)).control];
    if (count === 0) alone.push(...cost);
    const applied = count === 0 ? '' : ((published.environments / count) * 1_000).toFixed(0);
    const more = cost.map((ms, index) => (((ms - (alone[index] ?? 0)) / count) * 1_000).toFixed(0));
    rows.push([
      String(count),
      ...cost.flatMap((ms, index) => [ms.toFixed(3), count === 0 ? '' : (more[index] ?? '')]),
      applied,
    ]);
  }
  printTable(
    'Processor time of the control database for a change',
    [
      'databases that follow',
      'published, ms',
      'µs more for each',
      'not published, ms',
      'µs more for each',
      'µs to apply, each',
    ],
    rows,
  );
  for (const [index, follower] of followers.entries()) {
    await follower.query(`drop subscription bench_${index}`);
    await follower.end();
  }
}

async function changeKeys(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 4) {
    await insertKeys('eu', 1);
    await nextVersion(1);
    await insertKeys('usa', 1);
    await nextVersion(1);
  }
}

function renewLease(count: number): Promise<void> {
  return repeat('update nodes set lease_until = now()', count);
}

/** Of one change, until every database that follows has it. */
async function cpuMsOf(change: (count: number) => Promise<void>) {
  const taken = async () => ({
    control: await cpuSecondsWithChildren(control.pid() ?? 0),
    environments: await cpuSecondsWithChildren(environments.pid() ?? 0),
  });
  await caughtUp();
  const before = await taken();
  await change(CHANGES_DECODED);
  await caughtUp();
  const after = await taken();
  const each = (side: keyof typeof after) => ((after[side] - before[side]) * 1_000) / CHANGES_DECODED;
  return { control: each('control'), environments: each('environments') };
}

async function subscribe(follower: pg.Client | undefined, index: number, copies: boolean): Promise<void> {
  await follower?.query(
    `create subscription bench_${index} connection '${control.url}' publication region_eu
     with (copy_data = ${copies}, slot_name = 'bench_${index}', synchronous_commit = on)`,
  );
}

/** Waits until every database that follows has what is written now. */
async function caughtUp(): Promise<void> {
  const { rows: now } = await client.query('select pg_current_wal_lsn() as lsn');
  for (;;) {
    const { rows } = await client.query(
      `select count(*)::integer as behind from pg_replication_slots where confirmed_flush_lsn < $1`,
      [now[0].lsn],
    );
    if (rows[0].behind === 0) return;
    await sleep(50);
  }
}

/** A database that follows for the first time. */
async function copying(): Promise<void> {
  await client.query(
    `insert into api_keys (api_key_id, digest, workspace_id, project_id, name, regions, prefix)
     select 'key_' || left(md5(n::text), 16), sha256(n::text::bytea), 'ws_abcdefghijklmnop', 1,
       'production, billing service', '{eu}', 'ply_abcd' from generate_series(1, ${COPIED}) n`,
  );
  const follower = await prepare(await environments.createDatabase());
  await follower.query('delete from identity_head; delete from bench_heartbeat');
  const [startedMs, before] = [performance.now(), await cpuSecondsWithChildren(control.pid() ?? 0)];
  await subscribe(follower, MOST, true);
  for (;;) {
    const { rows } = await follower.query(
      `select count(*)::integer as left from pg_subscription_rel where srsubstate <> 'r'`,
    );
    if (rows[0].left === 0) break;
    await sleep(100);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const { rows } = await follower.query('select count(*) as keys from api_keys');
  const cpu = ((await cpuSecondsWithChildren(control.pid() ?? 0)) - before).toFixed(1);
  console.log(
    `\nfirst copy of ${rows[0].keys} keys: ${seconds.toFixed(0)} s, ${cpu} s of the control database's processor time`,
  );
  await follower.end();
}
