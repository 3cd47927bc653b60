import { sql as raw } from 'kysely';
import type { Sql } from '../db/database.ts';

/** What a workspace has under way in one environment, and of its month's quota. */
export interface Consumption {
  readonly environment: string;
  readonly sessions: number;
  readonly runningJobs: number;
  readonly waitingJobs: number;
  /** Accepted this calendar month (UTC). */
  readonly audioSeconds: number;
}

export interface Consumptions {
  /** Only environments in which there is something. */
  of(workspaceId: string): Promise<Consumption[]>;
}

export const createConsumptions = ({ sql }: { sql: Sql }): Consumptions => ({
  async of(workspaceId) {
    const { rows } = await raw<Consumption>`
      select environment, sum(sessions)::integer as sessions, sum(running)::integer as "runningJobs",
        sum(waiting)::integer as "waitingJobs", sum(audio)::double precision as "audioSeconds"
      from (
        select environment, 1 as sessions, 0 as running, 0 as waiting, 0 as audio
        from realtime_sessions where workspace_id = ${workspaceId}
        union all
        select environment, 0, (lease_until > now())::integer, (lease_until is null or lease_until <= now())::integer, 0
        from jobs where workspace_id = ${workspaceId} and status = 'running'
        union all
        select environment, 0, 0, 0, audio_seconds
        from accepted_audio
        where workspace_id = ${workspaceId} and month = date_trunc('month', now() at time zone 'utc')::date
      ) all_of_it
      group by environment
      order by environment`.execute(sql);
    return rows;
  },
});
