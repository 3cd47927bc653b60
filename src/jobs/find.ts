import type { Sql } from '../db/database.ts';
import { AppError } from '../errors/app-error.ts';
import type { Job, JobScope } from './job.ts';
import { JOB_COLUMNS, jobOfRow } from './job-row.ts';

/** The scope as a condition; every statement that reaches jobs for a caller starts from here. */
export function inScope(sql: Sql, scope: JobScope) {
  const jobs = sql
    .selectFrom('jobs')
    .where('environment', '=', scope.environment)
    .where('project_id', '=', scope.projectId);
  return scope.clientRef === undefined ? jobs : jobs.where('client_ref', '=', scope.clientRef);
}

/** One job. Throws `job_not_found` alike for a job that does not exist and one outside the scope. */
export async function findJob(sql: Sql, scope: JobScope, jobId: string): Promise<Job> {
  const row = await inScope(sql, scope).where('job_id', '=', jobId).select(JOB_COLUMNS).executeTakeFirst();
  if (!row) throw new AppError('job_not_found');
  return jobOfRow(row);
}

export interface JobFilter {
  /** Only jobs created before this instant, exclusive. */
  readonly createdBefore?: Date;
  readonly createdAfter?: Date;
  readonly limit: number;
  readonly includeDeleted: boolean;
}

/** Jobs of the scope, newest first. */
export async function listJobs(sql: Sql, scope: JobScope, filter: JobFilter): Promise<Job[]> {
  let query = inScope(sql, scope).select(JOB_COLUMNS);
  if (filter.createdBefore) query = query.where('created_at', '<', filter.createdBefore);
  if (filter.createdAfter) query = query.where('created_at', '>', filter.createdAfter);
  if (!filter.includeDeleted) query = query.where('status', 'in', ['running', 'done', 'rejected']);
  const rows = await query.orderBy('created_at', 'desc').limit(filter.limit).execute();
  return rows.map(jobOfRow);
}
