import type pg from 'pg';

/** Every row of every table of ours, as JSON text in a fixed order, by table. */
export type Dump = Readonly<Record<string, readonly string[]>>;

export async function dumpTables(client: pg.Client): Promise<Dump> {
  const tables = await client.query(
    `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  const dump: Record<string, string[]> = {};
  for (const { name } of tables.rows as { name: string }[]) {
    const { rows } = await client.query(`select row_to_json(t)::text as row from "${name}" t order by 1`);
    dump[name] = (rows as { row: string }[]).map(({ row }) => row);
  }
  return dump;
}

/** Tables that have a row with the text in it. */
export const tablesWith = (dump: Dump, text: string): string[] =>
  Object.entries(dump).flatMap(([name, rows]) => (rows.some((row) => row.includes(text)) ? [name] : []));
