import type { Database, Sql } from '../db/database.ts';
import { AppError } from '../errors/app-error.ts';
import { type BlobStore, isStorageAway } from '../storage/blob-store.ts';
import { findJob, inScope } from './find.ts';
import { blobKeys, type Job, type JobScope } from './job.ts';
import { JOB_COLUMNS, jobOfRow } from './job-row.ts';
import { announceJobChange } from './watch.ts';

/**
 * Deletes a job: its files and what the submitter said of it go, a record of the job stays. A running job is
 * stopped with `force`, otherwise refused as `resource_locked`. Throws `job_not_found` for a job deleted before. While
 * the store is away the files are only marked, and retention removes them later.
 */
export async function removeJob(
  { sql }: Database,
  store: BlobStore,
  scope: JobScope,
  jobId: string,
  force: boolean,
): Promise<Job> {
  const removed = await sql.transaction().execute(async (tx) => {
    const row = await tx
      .updateTable('jobs')
      .set({
        status: 'deleted',
        config: null,
        data_name: '',
        text_name: '',
        errors: '[]',
        lease_owner: null,
        lease_until: null,
        finished_at: new Date(),
        files_left: true,
      })
      .where('environment', '=', scope.environment)
      .where('job_id', 'in', inScope(tx, scope).where('job_id', '=', jobId).select('job_id'))
      .where(
        'status',
        'in',
        force ? ['running', 'done', 'rejected', 'expired'] : ['done', 'rejected', 'expired'],
      )
      .returning(JOB_COLUMNS)
      .executeTakeFirst();
    if (row) await announceJobChange(tx, jobId);
    return row;
  });
  if (!removed) return refuse(await findJob(sql, scope, jobId));
  await removeFiles(sql, store, { environment: scope.environment, jobId }).catch((error: unknown) => {
    if (!isStorageAway(error)) throw error;
  });
  return jobOfRow(removed);
}

interface JobPlace {
  readonly environment: string;
  readonly jobId: string;
}

/** Removes the files of a deleted job, and the mark that says there are some left. */
export async function removeFiles(
  sql: Sql,
  store: BlobStore,
  { environment, jobId }: JobPlace,
): Promise<void> {
  await store.delete(blobKeys(environment, jobId).prefix);
  await sql
    .updateTable('jobs')
    .set({ files_left: false })
    .where('environment', '=', environment)
    .where('job_id', '=', jobId)
    .execute();
}

/** A job may be deleted, erased or expire while a file of it is being stored; what was stored after goes too. */
export async function removeIfDeleted(
  { sql }: Database,
  store: BlobStore,
  { environment, jobId }: JobPlace,
): Promise<void> {
  const row = await sql
    .selectFrom('jobs')
    .select('status')
    .where('environment', '=', environment)
    .where('job_id', '=', jobId)
    .executeTakeFirst();
  const isKept = row && row.status !== 'deleted' && row.status !== 'expired';
  if (!isKept) await store.delete(blobKeys(environment, jobId).prefix);
}

function refuse(job: Job): never {
  if (job.status === 'running') throw new AppError('resource_locked');
  throw new AppError('job_not_found');
}
