import type { PGliteInterface } from '@electric-sql/pglite';
import type { PostgresPool, PostgresPoolClient } from 'kysely';

/**
 * Makes the embedded PostgreSQL look like a pool of one connection. Whoever holds it holds it alone until it is
 * released, so the statements of two transactions cannot mix.
 */
export function createPglitePool(pglite: PGliteInterface): PostgresPool {
  let free: Promise<void> = Promise.resolve();

  async function connect(): Promise<PostgresPoolClient> {
    const before = free;
    let release = () => {};
    free = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    return { query: query as PostgresPoolClient['query'], release };
  }

  async function query(text: string, values: readonly unknown[]) {
    const result =
      values.length > 0 ? await pglite.query(text, [...values]) : (await pglite.exec(text)).at(-1);
    return {
      command: /^\s*(insert|update|delete)\b/i.exec(text)?.[1]?.toUpperCase() ?? 'SELECT',
      rowCount: result?.affectedRows ?? 0,
      rows: result?.rows ?? [],
    };
  }

  return { connect, end: () => pglite.close() };
}
