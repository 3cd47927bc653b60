import { CompiledQuery, Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import type { Tables } from './tables.ts';

/** A statement runner: the database itself or a transaction on it. */
export type Sql = Kysely<Tables>;

export interface Listener {
  readonly channel: string;
  onMessage(payload: string): void;
  /** Messages may have been missed: forget everything that relied on them. */
  onGap(): void;
}

/** One PostgreSQL, embedded or served; there is one dialect and one set of migrations. */
export interface Database {
  readonly sql: Sql;
  listen(listener: Listener): Promise<void>;
  close(): Promise<void>;
}

export const createSql = (pool: PostgresPool): Sql =>
  new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });

/** Runs text as it is (several statements when there are no values). For libraries that bring their own SQL. */
export async function runRaw(
  sql: Sql,
  text: string,
  values: readonly unknown[] = [],
): Promise<{ rows: unknown[] }> {
  const result = await sql.executeQuery(CompiledQuery.raw(text, [...values]));
  return { rows: result.rows };
}
