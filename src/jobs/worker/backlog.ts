import { sql as raw } from 'kysely';
import type { Sql } from '../../db/database.ts';
import { FETCHER } from '../outbound/calls.ts';

/** `fetching`: its files are being fetched; `queued`: it waits for an engine. */
export const BACKLOG_STATES = ['queued', 'fetching', 'running'] as const;

/** Unfinished jobs of an environment in one state. */
export interface Backlog {
  readonly environment: string;
  readonly state: (typeof BACKLOG_STATES)[number];
  readonly jobs: number;
  /** Since the oldest of them was submitted. */
  readonly oldestSeconds: number;
}

/** The unfinished jobs of all nodes of the database; states in which there are none are left out. */
export async function readBacklog(sql: Sql): Promise<Backlog[]> {
  const { rows } = await raw<Backlog>`
    select environment, state, count(*)::integer as jobs,
      greatest(0, extract(epoch from now() - min(created_at)))::float8 as "oldestSeconds"
    from (
      select environment, created_at,
        case when lease_owner is null then 'queued' when lease_owner = ${FETCHER} then 'fetching' else 'running' end
          as state
      from jobs where status = 'running'
    ) as unfinished
    group by environment, state`.execute(sql);
  return rows;
}
