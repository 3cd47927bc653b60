/**
 * API keys that a node does not hold in memory, with ten thousand keys in the database and with ten million: how long a
 * look-up takes, and what the node's memory grows by. In process, on a PostgreSQL server; ratio of medians.
 */
import pg from 'pg';
import { pino } from 'pino';
import { migrate } from '../src/db/migrate.ts';
import { openServer } from '../src/db/server.ts';
import { createKeyCache, type KeyCache } from '../src/identity/api-keys/key-cache.ts';
import { startNode } from '../src/identity/nodes/node.ts';
import { NODE_ROLES } from '../src/identity/nodes/roles.ts';
import { createPepper } from '../src/identity/secrets/pepper.ts';
import { createSecret, sha256Of } from '../src/identity/secrets/secret.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { collectGarbage } from './collect-garbage.ts';
import { residentBytes } from './resident-bytes.ts';
import { median, printTable, quantile } from './table.ts';

const FEW = 10_000;
const MANY = 10_000_000;
/** Keys that are looked up, once each, on either side. */
const LOOK_UPS = 5_000;
const WARM_UP = 1_000;
const KEYS_PER_PROJECT = 100;
const PROJECTS_PER_WORKSPACE = 10;

const cluster = await startPostgres();
const pepper = createPepper([Buffer.alloc(32, 7)]);

/** A database with so many keys, and a node that knows none of them yet. */
interface Side {
  readonly client: pg.Client;
  readonly keyCache: KeyCache;
  close(): Promise<void>;
}

const few = await openSide(await cluster.createDatabase());
const many = await openSide(await cluster.createDatabase());
await insertKeys(few, FEW);
const startedMs = performance.now();
await insertKeys(many, MANY);
const insertSeconds = (performance.now() - startedMs) / 1_000;

const lookUps = { few: [] as number[], many: [] as number[] };
const secrets = { few: await insertKnown(few, FEW), many: await insertKnown(many, MANY) };
// By turns, so that a slow moment of the machine counts on both sides; the first ones only compile the code.
for (let index = 0; index < LOOK_UPS + WARM_UP; index += 1) {
  for (const [name, side] of [
    ['few', few],
    ['many', many],
  ] as const) {
    const tookMs = await lookUp(side, secrets[name][index] ?? '');
    if (index >= WARM_UP) lookUps[name].push(tookMs);
  }
}
const grew = { few: await growth(few, FEW), many: await growth(many, MANY) };

const ms = (values: readonly number[], share: number) => quantile(values, share).toFixed(2);
const mb = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
const ratio = (median(lookUps.many) / median(lookUps.few)).toFixed(2);
printTable(
  'Keys that the node does not hold',
  ['measure', `${FEW} keys`, `${MANY} keys`, 'ratio', 'bound'],
  [
    ['look-up, ms, median', ms(lookUps.few, 0.5), ms(lookUps.many, 0.5), ratio, '1.5'],
    ['look-up, ms, p99', ms(lookUps.few, 0.99), ms(lookUps.many, 0.99), '', ''],
    [`${LOOK_UPS} look-ups: MB more in use`, mb(grew.few.usedBytes), mb(grew.many.usedBytes), '', ''],
    [
      `${LOOK_UPS} look-ups: MB more resident`,
      mb(grew.few.residentBytes),
      mb(grew.many.residentBytes),
      '',
      '',
    ],
  ],
);
const { rows } = await many.client.query<{ rows: string; indexes: string }>(
  `select pg_relation_size('api_keys') as rows, pg_indexes_size('api_keys') as indexes`,
);
const perKey = (bytes = '') => Math.round(Number(bytes) / MANY);
console.log(
  `\ninserted in ${insertSeconds.toFixed(0)} s; ${perKey(rows[0]?.rows)} bytes for a row, ${perKey(rows[0]?.indexes)} in its indexes`,
);
await few.close();
await many.close();
await cluster.stop();

async function openSide(url: string): Promise<Side> {
  const database = await openServer(url, pino({ level: 'silent' }));
  await migrate(database.sql);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // Not one checkpoint after the other while keys come in by millions.
  await client.query(`alter system set max_wal_size = '16GB'`);
  await client.query('select pg_reload_conf()');
  // The node must not hear of keys that it will be asked for, nor anybody number millions of changes.
  await client.query('alter table api_keys disable trigger user');
  const node = await startNode(database, { environments: ['EU1'], roles: NODE_ROLES, leaseMs: 5_000 });
  const keyCache = createKeyCache({ sql: database.sql, pepper, node, maxKeys: 100_000 });
  async function close(): Promise<void> {
    await node.stop();
    await client.end();
    await database.close();
  }
  return { client, keyCache, close };
}

/** Keys that nobody asks for, with ids and digests as scattered as real ones, and their projects and workspaces. */
async function insertKeys({ client }: Side, count: number): Promise<void> {
  const projects = count / KEYS_PER_PROJECT;
  await client.query(
    `insert into workspaces (workspace_id, name, customer_type, regions, temporary_keys_enabled)
     select 'ws_' || n, 'bench', 'on-demand', '{eu}', true from generate_series(0, $1::integer - 1) n`,
    [projects / PROJECTS_PER_WORKSPACE],
  );
  await client.query(
    `insert into projects (project_id, workspace_id, name, regions) overriding system value
     select n, 'ws_' || n / ${PROJECTS_PER_WORKSPACE}, 'bench', '{eu}' from generate_series(0, $1::integer - 1) n`,
    [projects],
  );
  await client.query(
    `insert into api_keys (api_key_id, digest, workspace_id, project_id, name, regions)
     select 'key_' || left(encode(sha256(('id' || n)::bytea), 'hex'), 24), sha256(n::text::bytea),
       'ws_' || project / ${PROJECTS_PER_WORKSPACE}, project, 'bench', '{eu}'
     from generate_series(0, $1::integer - 1) n, lateral (select n / ${KEYS_PER_PROJECT}) p (project)`,
    [count],
  );
  await client.query('vacuum analyze');
}

/** Makes keys in projects of all ages, and returns their secrets. */
async function insertKnown({ client }: Side, count: number): Promise<string[]> {
  const made = Array.from({ length: LOOK_UPS + WARM_UP }, () => createSecret('api-key'));
  await client.query(
    `insert into api_keys (api_key_id, digest, workspace_id, project_id, name, regions)
     select 'key_' || gen_random_uuid(), digest, 'ws_' || project / ${PROJECTS_PER_WORKSPACE}, project, 'bench', '{eu}'
     from unnest($1::bytea[]) with ordinality as one (digest, n),
       lateral (select (n * 7919 % $2)::integer) p (project)`,
    [made.map((secret) => pepper.digest(sha256Of(secret))), count / KEYS_PER_PROJECT],
  );
  return made;
}

/** Milliseconds. */
async function lookUp({ keyCache }: Side, secret: string): Promise<number> {
  const sentMs = performance.now();
  const record = await keyCache.bySecret(sha256Of(secret));
  if (!record) throw new Error('a key was not found');
  return performance.now() - sentMs;
}

async function growth(side: Side, count: number): Promise<Memory> {
  const fresh = await insertKnown(side, count);
  const before = await memory();
  for (const secret of fresh.slice(0, LOOK_UPS)) await lookUp(side, secret);
  const after = await memory();
  return {
    usedBytes: after.usedBytes - before.usedBytes,
    residentBytes: after.residentBytes - before.residentBytes,
  };
}

interface Memory {
  readonly usedBytes: number;
  readonly residentBytes: number;
}

async function memory(): Promise<Memory> {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return { usedBytes: heapUsed + external, residentBytes: await residentBytes(process.pid) };
}
