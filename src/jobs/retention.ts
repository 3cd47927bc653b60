import { sql as raw } from 'kysely';
import type { Logger } from '../base/log.ts';
import { repeat } from '../base/repeat.ts';
import type { Database } from '../db/database.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { blobKeys } from './job.ts';
import { inStore } from './job-row.ts';
import { removeFiles } from './remove.ts';

/**
 * Lets ended jobs expire: some days after its end a job's files and what the submitter said of it go, and a record with
 * the status `expired` stays (reference: Batch API, data retention). Blobs go first, so a crash in between leaves a
 * job whose files are gone, and the next turn makes its row say so. Also removes what deleted jobs have left.
 */
export interface Retention {
  /** One turn: everything whose time is over. */
  run(): Promise<void>;
  stop(): Promise<void>;
}

interface Deps {
  readonly database: Database;
  readonly store: BlobStore;
  /** Jobs of other stores are left to the processes that reach them. */
  readonly storeId: string;
  readonly log: Logger;
}

const TURN_EVERY_MS = 600_000;
const JOBS_AT_ONCE = 100;

export function createRetention(deps: Deps, days: number): Retention {
  const stopping = new AbortController();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted && (await removeSomeLeft(deps)) === JOBS_AT_ONCE);
    while (!stopping.signal.aborted && (await expireSome(deps, days)) === JOBS_AT_ONCE);
  }

  const turns = repeat(TURN_EVERY_MS, run, ({ message }) =>
    deps.log.warn({ reason: message }, 'retention will be tried again'),
  );

  return {
    run,
    async stop() {
      stopping.abort();
      await turns.stop();
    },
  };
}

/** Removes files of some deleted jobs that are still there, but for those being removed just now; returns of how many. */
async function removeSomeLeft({ database: { sql }, store, storeId }: Deps): Promise<number> {
  const found = await sql
    .selectFrom('jobs')
    .select(['environment', 'job_id as jobId'])
    .where('files_left', '=', true)
    .where('finished_at', '<', raw<Date>`now() - interval '1 minute'`)
    .where(inStore(storeId))
    .limit(JOBS_AT_ONCE)
    .execute();
  for (const job of found) await removeFiles(sql, store, job);
  return found.length;
}

/** Expires some jobs, the oldest first; returns how many. */
async function expireSome({ database, store, storeId }: Deps, days: number): Promise<number> {
  const { sql } = database;
  const found = await sql
    .selectFrom('jobs')
    .select(['environment', 'job_id'])
    .where('status', 'in', ['done', 'rejected'])
    .where('finished_at', '<', raw<Date>`now() - make_interval(days => ${days})`)
    .where(inStore(storeId))
    .orderBy('finished_at')
    .limit(JOBS_AT_ONCE)
    .execute();
  for (const { environment, job_id } of found) {
    await store.delete(blobKeys(environment, job_id).prefix);
    await sql
      .updateTable('jobs')
      .set({ status: 'expired', config: null, data_name: '', text_name: '', errors: '[]' })
      .where('environment', '=', environment)
      .where('job_id', '=', job_id)
      // Meanwhile its owner may have deleted it.
      .where('status', 'in', ['done', 'rejected'])
      .execute();
  }
  return found.length;
}
