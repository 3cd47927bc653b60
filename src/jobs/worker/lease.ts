import { sql as raw, type Selectable } from 'kysely';
import type { Database, Sql } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { recordUsage, type Usage } from '../../usage/record.ts';
import { languageOf, modelOf } from '../config/parse.ts';
import type { JobConfig } from '../config/schema.ts';
import type { JobError } from '../job.ts';
import { inStore, withErrors } from '../job-row.ts';
import { queueNotifications } from '../outbound/calls.ts';
import { announceJobChange } from '../watch.ts';
import type { Queue } from './queue.ts';

/**
 * The right to run a job, held by one worker for a while and renewed as long as it lives. A worker that dies lets
 * the lease run out; then the job is queued again. All times are the database's, so clocks of nodes do not matter.
 */
export interface Lease {
  readonly environment: string;
  readonly jobId: string;
  readonly owner: string;
}

export interface LeasedJob {
  readonly workspaceId: string;
  readonly projectId: number;
  readonly config: JobConfig;
  readonly createdAt: Date;
  readonly dataName: string;
  readonly durationSeconds: number;
}

const LEASE = raw<Date>`now() + interval '10 seconds'`;
export const RENEW_EVERY_MS = 3_000;
/** A job whose engine failed this often is given up. */
const MAX_FAILED_ATTEMPTS = 3;

const held = (sql: Sql, lease: Lease) =>
  sql
    .updateTable('jobs')
    .where('environment', '=', lease.environment)
    .where('job_id', '=', lease.jobId)
    .where('status', '=', 'running')
    .where('lease_owner', '=', lease.owner);

/** Takes the lease of a job that wants to be run; `undefined` when it has ended or somebody else holds it. */
export async function takeLease(sql: Sql, lease: Lease): Promise<LeasedJob | undefined> {
  const row = await sql
    .updateTable('jobs')
    .set({ lease_owner: lease.owner, lease_until: LEASE })
    .where('environment', '=', lease.environment)
    .where('job_id', '=', lease.jobId)
    .where('status', '=', 'running')
    .where('lease_until', 'is', null)
    .returning(['workspace_id', 'project_id', 'config', 'created_at', 'data_name', 'duration_seconds'])
    .executeTakeFirst();
  return (
    row && {
      workspaceId: row.workspace_id,
      projectId: row.project_id,
      config: row.config as JobConfig,
      createdAt: row.created_at,
      dataName: row.data_name,
      durationSeconds: row.duration_seconds,
    }
  );
}

/** Whether the lease is still held; if so it now lasts longer. */
export async function renewLease(sql: Sql, lease: Lease): Promise<boolean> {
  const result = await held(sql, lease).set({ lease_until: LEASE }).executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/**
 * Ends a run; one that is done counts as usage, once. False, and nothing happens, when the lease was lost: the job is
 * somebody else's, or deleted.
 */
export async function endRun(
  { sql }: Database,
  lease: Lease,
  outcome: { status: 'done' } | { status: 'rejected'; error: JobError },
): Promise<boolean> {
  return sql.transaction().execute(async (tx) => {
    const job = await held(tx, lease)
      .set({
        status: outcome.status,
        ...(outcome.status === 'rejected' && { errors: withErrors([outcome.error]) }),
        lease_owner: null,
        lease_until: null,
        finished_at: raw<Date>`now()`,
      })
      .returning([...USAGE_COLUMNS, 'store_id'])
      .executeTakeFirst();
    if (!job) return false;
    if (outcome.status === 'done') await recordUsage(tx, usageOf(job));
    const isDone = outcome.status === 'done';
    await queueNotifications(
      tx,
      { ...lease, projectId: job.project_id, storeId: job.store_id },
      job.config as JobConfig,
      isDone ? 'success' : 'error',
    );
    await announceJobChange(tx, lease.jobId);
    return true;
  });
}

const USAGE_COLUMNS = [
  'environment',
  'workspace_id',
  'project_id',
  'api_key_id',
  'client_ref',
  'config',
  'duration_seconds',
] as const;

/** The config was checked when the job was accepted, and is kept while the job runs. */
function usageOf(row: Pick<Selectable<Tables['jobs']>, (typeof USAGE_COLUMNS)[number]>): Usage {
  const config = row.config as JobConfig;
  return {
    environment: row.environment,
    workspaceId: row.workspace_id,
    projectId: row.project_id,
    apiKeyId: row.api_key_id,
    clientRef: row.client_ref,
    mode: 'batch',
    type: config.type,
    language: languageOf(config),
    operatingPoint: modelOf(config),
    audioSeconds: row.duration_seconds,
  };
}

/** Gives the job back to the queue; `failed` counts the attempt. Returns false when it has failed too often. */
export async function giveBack(
  { sql }: Database,
  queue: Queue,
  lease: Lease,
  { failed }: { failed: boolean },
): Promise<boolean> {
  return sql.transaction().execute(async (tx) => {
    const row = await held(tx, lease)
      .set((eb) => ({ failed_attempts: eb('failed_attempts', '+', failed ? 1 : 0), lease_until: LEASE }))
      .returning('failed_attempts')
      .executeTakeFirst();
    if (row && row.failed_attempts >= MAX_FAILED_ATTEMPTS) return false;
    if (row) {
      await held(tx, lease).set({ lease_owner: null, lease_until: null }).execute();
      await queue.send(tx, lease);
    }
    return true;
  });
}

/** Queues the jobs of a store whose worker has let its lease run out; returns how many. */
export async function queueAbandoned({ sql }: Database, queue: Queue): Promise<number> {
  return sql.transaction().execute(async (tx) => {
    const rows = await tx
      .updateTable('jobs')
      .set({ lease_owner: null, lease_until: null })
      .where('status', '=', 'running')
      .where('lease_until', '<', raw<Date>`now()`)
      .where(inStore(queue.storeId))
      .returning(['environment', 'job_id'])
      .execute();
    for (const { environment, job_id } of rows) await queue.send(tx, { environment, jobId: job_id });
    return rows.length;
  });
}
