import { sql as raw } from 'kysely';
import { runRaw, type Sql } from '../db/database.ts';

/**
 * Of the moment: nodes and sessions do not outlive what they run in, and what environments have applied says nothing of
 * a database that was put back; migrations are made, not copied.
 */
const LEFT_OUT = ['migrations', 'nodes', 'realtime_sessions', 'environment_receipts', 'control_heartbeat'];
/** Counts the changes of other tables, so it is put back after them. */
const HEAD = 'identity_head';
const ROWS_AT_ONCE = 200;

/** Names of the tables to keep, each after those its foreign keys name. */
export async function keptTables(sql: Sql): Promise<string[]> {
  const tables = await raw<{ name: string; needs: string[] }>`
    select c.relname as name, array(
      select f.relname::text from pg_constraint k join pg_class f on f.oid = k.confrelid
       where k.conrelid = c.oid and k.contype = 'f' and f.oid <> c.oid) as needs
      from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
     order by c.relname`.execute(sql);
  const kept = tables.rows.filter(({ name }) => !LEFT_OUT.includes(name));
  const ordered: string[] = [];
  while (ordered.length < kept.length) {
    const ready = kept.filter(
      ({ name, needs }) => !ordered.includes(name) && needs.every((need) => ordered.includes(need)),
    );
    if (ready.length === 0) throw new TypeError('the foreign keys of the tables form a circle');
    ordered.push(...ready.map(({ name }) => name));
  }
  return [...ordered.filter((name) => name !== HEAD), HEAD];
}

/** The rows of a table as JSON arrays of some hundred each. Runs in the caller's transaction, with flat memory. */
export async function* dumpTable(tx: Sql, name: string): AsyncGenerator<{ json: string; rows: number }> {
  // `row_to_json` keeps numbers exact, times to the microsecond, and JSON columns as they were written.
  await runRaw(
    tx,
    `declare backup no scroll cursor for select row_to_json(t)::text as row from ${quoted(name)} t`,
  );
  for (;;) {
    const { rows } = await runRaw(tx, `fetch ${ROWS_AT_ONCE} from backup`);
    if (rows.length === 0) break;
    yield { json: `[${(rows as { row: string }[]).map(({ row }) => row).join(',\n')}]`, rows: rows.length };
  }
  await runRaw(tx, 'close backup');
}

/** Puts rows back as they were. */
export async function fillTable(tx: Sql, name: string, json: string): Promise<number> {
  const table = quoted(name);
  const { rows } = await runRaw(
    tx,
    `with filled as (insert into ${table} overriding system value
       select * from json_populate_recordset(null::${table}, $1::json) returning 1)
     select count(*)::integer as count from filled`,
    [json],
  );
  return (rows as { count: number }[])[0]?.count ?? 0;
}

/** Empties tables that migrations have filled with their first row. */
export const emptyTable = (tx: Sql, name: string) => runRaw(tx, `delete from ${quoted(name)}`);

/** Numbers that the database gives go on after the largest there is. */
export async function continueNumbers(tx: Sql): Promise<void> {
  const { rows } = await raw<{ name: string; column: string }>`
    select table_name as name, column_name as column from information_schema.columns
     where table_schema = current_schema() and is_identity = 'YES'`.execute(tx);
  for (const { name, column } of rows) {
    await runRaw(
      tx,
      `select setval(pg_get_serial_sequence($1, $2), greatest(max(${quoted(column)}), 1), max(${quoted(column)}) is not null)
         from ${quoted(name)}`,
      [quoted(name), column],
    );
  }
}

/** Jobs lie in the store they were put into; this one has another name. */
export async function moveToStore(tx: Sql, storeId: string): Promise<void> {
  await tx.updateTable('jobs').set({ store_id: storeId }).where('store_id', 'is not', null).execute();
  await tx
    .updateTable('outbound_calls')
    .set({ store_id: storeId })
    .where('store_id', 'is not', null)
    .execute();
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
