import { sql as raw } from 'kysely';
import { sleep } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import type { Sql } from '../../db/database.ts';

/** When keys were last used, gathered in memory and written every few seconds: a request costs no statement. */
export interface LastUsed {
  /** @param environment name, or `control` for what belongs to none */
  note(environment: string, keyId: string): void;
  /** Writes what has been gathered and stops. */
  stop(): Promise<void>;
}

const WRITE_EVERY_MS = 5_000;
const ROWS_PER_STATEMENT = 1_000;

export function createLastUsed(sql: Sql, clock: Clock): LastUsed {
  const stopping = new AbortController();
  let gathered = new Map<string, Map<string, number>>();

  async function write(): Promise<void> {
    const batch = gathered;
    gathered = new Map();
    const rows = [...batch].flatMap(([environment, keys]) =>
      [...keys].map(([keyId, atMs]) => ({
        environment,
        api_key_id: keyId,
        last_used_at: new Date(atMs),
      })),
    );
    for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
      const values = await ofExistingKeys(sql, rows.slice(start, start + ROWS_PER_STATEMENT));
      if (values.length === 0) continue;
      await sql
        .insertInto('api_key_last_used')
        .values(values)
        .onConflict((conflict) =>
          conflict.columns(['environment', 'api_key_id', 'origin']).doUpdateSet({
            last_used_at: raw`greatest(api_key_last_used.last_used_at, excluded.last_used_at)`,
          }),
        )
        .execute();
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sleep(WRITE_EVERY_MS, stopping.signal);
      // What a failing database does not take is lost: it is a hint for people, and memory stays bounded.
      await write().catch(() => {});
    }
  }
  const running = run();

  return {
    note(environment, keyId) {
      let keys = gathered.get(environment);
      if (!keys) {
        keys = new Map();
        gathered.set(environment, keys);
      }
      keys.set(keyId, clock.now());
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** A key may have been erased since: nothing of it comes back. */
async function ofExistingKeys<T extends { api_key_id: string }>(sql: Sql, rows: readonly T[]): Promise<T[]> {
  const ids = rows.map((row) => row.api_key_id);
  const keys = await sql.selectFrom('api_keys').select('api_key_id').where('api_key_id', 'in', ids).execute();
  const existing = new Set(keys.map((key) => key.api_key_id));
  return rows.filter((row) => existing.has(row.api_key_id));
}
