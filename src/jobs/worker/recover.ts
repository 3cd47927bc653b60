import { text } from 'node:stream/consumers';
import type { Logger } from '../../base/log.ts';
import type { Database } from '../../db/database.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { insertAndQueue } from '../create.ts';
import { blobKeys } from '../job.ts';
import type { NewJob } from '../job-row.ts';
import type { Queue } from './queue.ts';

interface Deps {
  readonly database: Database;
  readonly store: BlobStore;
  readonly queue: Queue;
  readonly log: Logger;
}

/**
 * Makes files and rows agree after a crash, for an environment whose only process this is: a job with a manifest
 * but no row is inserted and run again; files of no job, or of a deleted one, are removed. Ids, not contents, are
 * compared, so it costs a directory walk.
 */
export async function recoverJobs(deps: Deps, environment: string): Promise<void> {
  const { database, store, log } = deps;
  const found = await storedJobs(store, environment);
  const kept = await rowsOf(database, environment);
  for (const [jobId, hasManifest] of found) {
    const status = kept.get(jobId);
    if (status === undefined && hasManifest) {
      await rebuild(deps, environment, jobId).catch((error: Error) =>
        log.error({ job: jobId, environment, reason: error.message }, 'job not rebuilt from its manifest'),
      );
    } else if (status === undefined || status === 'deleted' || status === 'expired') {
      await store.delete(blobKeys(environment, jobId).prefix);
    }
  }
}

async function rebuild({ database, store, queue, log }: Deps, environment: string, jobId: string) {
  const job = JSON.parse(await text(await store.get(blobKeys(environment, jobId).manifest))) as NewJob;
  await database.sql.transaction().execute((tx) => insertAndQueue(tx, queue, job));
  log.warn({ job: jobId, environment }, 'job rebuilt from its manifest');
}

/** Job id → whether its manifest is there. */
async function storedJobs(store: BlobStore, environment: string): Promise<Map<string, boolean>> {
  const found = new Map<string, boolean>();
  for await (const key of store.list(`${environment.toLowerCase()}/jobs`)) {
    const [, , jobId, file] = key.split('/');
    if (jobId !== undefined) found.set(jobId, found.get(jobId) || file === 'manifest.json');
  }
  return found;
}

async function rowsOf({ sql }: Database, environment: string): Promise<Map<string, string>> {
  const rows = await sql
    .selectFrom('jobs')
    .where('environment', '=', environment)
    .select(['job_id', 'status'])
    .execute();
  return new Map(rows.map(({ job_id, status }) => [job_id, status]));
}
