import { sql as raw } from 'kysely';
import type { Sql } from '../../db/database.ts';

/**
 * The place of a project's next job among those that wait: behind the project's own, and not before what is served
 * now. So projects take turns, whatever each has waiting: ten thousand jobs of one do not keep another's first from
 * running, and no one is passed for ever. (Start-time fair queuing: Goyal, Vin and Cheng, 1996; all weights equal.)
 * Low ranks are served first; two look-ups in an index, however many jobs wait.
 */
export async function nextFairRank(tx: Sql, storeId: string, projectId: number): Promise<number> {
  const { rows } = await raw<{ rank: number }>`
    select greatest(
      (select min(fair_rank) from jobs
       where store_id = ${storeId} and status = 'running' and lease_owner is null),
      (select max(fair_rank) + 1 from jobs where project_id = ${projectId} and status = 'running'),
      0) as rank`.execute(tx);
  return rows[0]?.rank ?? 0;
}
