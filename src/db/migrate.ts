import { readdir, readFile } from 'node:fs/promises';
import { sql as raw } from 'kysely';
import { runRaw, type Sql } from './database.ts';
import { DatabaseFault } from './usable.ts';

const DIRECTORY = new URL('./migrations/', import.meta.url);
/** Any constant: all starters of one database must take the same lock. */
const LOCK = 7_265_239;

interface Migration {
  readonly name: string;
  readonly text: string;
  /** The first line is `-- breaking`: servers that do not know this migration must not run on its schema. */
  readonly breaking: boolean;
}

/**
 * Brings the schema up to date, each migration in a transaction of its own. Concurrent starters take turns. Throws
 * `DatabaseFault` when the database holds a breaking migration that this version does not know.
 */
export async function migrate(sql: Sql, directory: URL = DIRECTORY): Promise<void> {
  const migrations = await readMigrations(directory);
  await sql.transaction().execute(async (tx) => {
    await raw`select pg_advisory_xact_lock(${LOCK})`.execute(tx);
    await raw`create table if not exists migrations (
      name text primary key, breaking boolean not null, applied_at timestamptz not null default now())`.execute(
      tx,
    );
  });
  for (const migration of migrations) await apply(sql, migration);
  await refuseNewer(sql, migrations);
}

async function readMigrations(directory: URL): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, directory), 'utf8');
      return { name, text, breaking: text.startsWith('-- breaking') };
    }),
  );
}

async function apply(sql: Sql, migration: Migration): Promise<void> {
  await sql.transaction().execute(async (tx) => {
    await raw`select pg_advisory_xact_lock(${LOCK})`.execute(tx);
    const done = await raw`select 1 from migrations where name = ${migration.name}`.execute(tx);
    if (done.rows.length > 0) return;
    await runRaw(tx, migration.text);
    await raw`insert into migrations (name, breaking) values (${migration.name}, ${migration.breaking})`.execute(
      tx,
    );
  });
}

async function refuseNewer(sql: Sql, known: readonly Migration[]): Promise<void> {
  const { rows } = await raw<{ name: string }>`select name from migrations where breaking`.execute(sql);
  const unknown = rows.find(({ name }) => !known.some((migration) => migration.name === name));
  if (unknown) {
    const fault = `leads to a database that was upgraded by a newer version (${unknown.name}): start that one instead`;
    throw new DatabaseFault(fault, { mayPass: false });
  }
}
