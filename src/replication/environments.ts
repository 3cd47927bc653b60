import { sql as raw } from 'kysely';
import type { Sql } from '../db/database.ts';

/** An environment with a database of its own, as the control plane knows it. */
export interface FollowingEnvironment {
  readonly environment: string;
  readonly region: string;
  /** How old the last heartbeat is whose answer has come back, by the control plane's clock; null: none has. */
  readonly lagSeconds: number | null;
  /** Changes of keys that not every node there has applied, as far as is known; null: it has never answered. */
  readonly changesBehind: number | null;
  /** It has lost changes and must be copied anew: `parley environments init`. */
  readonly hasMissedChanges: boolean;
  /** What PostgreSQL of the control plane keeps for it; null: the slot is gone. */
  readonly slot: Slot | null;
}

export interface Slot {
  /** Somebody reads from it now. */
  readonly isActive: boolean;
  /** Of the log that PostgreSQL has to keep until it is read. */
  readonly retainedBytes: number;
  /** As `pg_replication_slots` says: `reserved`, `extended`, `unreserved` or `lost`. */
  readonly walStatus: string;
}

/** None in the database of an environment. */
export async function listEnvironments(sql: Sql): Promise<FollowingEnvironment[]> {
  const { rows } = await raw<Row>`
    select e.environment, e.region, r.missed_at is not null as has_missed, s.active, s.wal_status,
      extract(epoch from clock_timestamp() - r.heard_at)::float8 as lag, (select version from identity_head) - r.applied_version as behind,
      pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn)::float8 as retained
    from environments e
      left join environment_receipts r on r.environment = e.environment
      left join pg_replication_slots s on s.slot_name = 'parley_to_' || lower(e.environment)
    order by e.environment`.execute(sql);
  return rows.map((row) => ({
    environment: row.environment,
    region: row.region,
    lagSeconds: row.lag,
    changesBehind: row.behind === null ? null : Math.max(row.behind, 0),
    hasMissedChanges: row.has_missed,
    slot:
      row.active === null
        ? null
        : { isActive: row.active, retainedBytes: row.retained ?? 0, walStatus: row.wal_status ?? 'lost' },
  }));
}

interface Row {
  readonly environment: string;
  readonly region: string;
  readonly has_missed: boolean;
  readonly lag: number | null;
  readonly behind: number | null;
  readonly active: boolean | null;
  readonly wal_status: string | null;
  readonly retained: number | null;
}

/** Of an environment: the age of the control plane's last heartbeat, by the clocks of the two databases. */
export async function readControlLag(sql: Sql): Promise<number | undefined> {
  const { rows } = await raw<{ lag: number }>`
    select extract(epoch from clock_timestamp() - at)::float8 as lag
      from control_heartbeat where exists (select from environment_database)`.execute(sql);
  return rows[0]?.lag;
}
