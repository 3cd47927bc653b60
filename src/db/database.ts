import { CompiledQuery, Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import type { Tables } from './tables.ts';

/** A statement runner: the database itself or a transaction on it. */
export type Sql = Kysely<Tables>;

export interface Listener {
  readonly channel: string;
  onMessage(payload: string): void;
  /**
   * False: the feed is lost and messages are being missed. True: it is back; some may have been missed, from now on
   * none is. An embedded database never loses it, so it starts as live and is never told.
   */
  onFeed(isLive: boolean): void;
}

/** One PostgreSQL, embedded or served; there is one dialect and one set of migrations. */
export interface Database {
  readonly sql: Sql;
  listen(listener: Listener): Promise<void>;
  /**
   * Runs a statement on the connection that listens, so that its answer shows that the feed is alive. Rejects while
   * there is no feed; one that stays silent is given up.
   */
  askFeed(text: string, values: readonly unknown[]): Promise<unknown[]>;
  /** The pool as it is now; an embedded database has none. */
  connections?(): Connections;
  close(): Promise<void>;
}

export interface Connections {
  readonly inUse: number;
  readonly idle: number;
  /** Statements and transactions that wait for one. */
  readonly waiting: number;
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
