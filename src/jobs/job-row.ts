import { type ExpressionBuilder, sql as raw, type Selectable } from 'kysely';
import type { Sql } from '../db/database.ts';
import type { AudioLimits, Tables } from '../db/tables.ts';
import type { JobConfig } from './config/schema.ts';
import type { Job, JobError, JobOwner } from './job.ts';

/** A job about to be inserted; also what its manifest holds, so it is plain JSON. */
export interface NewJob extends JobOwner {
  readonly jobId: string;
  /** ISO 8601, milliseconds. */
  readonly createdAt: string;
  readonly config: JobConfig;
  readonly dataName: string;
  /** Of an alignment job that came with its text. */
  readonly textName?: string;
  readonly durationSeconds: number;
  readonly audioBytes: number;
  /** What is still to be said of audio that is yet to be fetched. */
  readonly audioLimits?: AudioLimits;
}

export const JOB_COLUMNS = [
  'environment',
  'job_id',
  'created_at',
  'status',
  'config',
  'data_name',
  'text_name',
  'duration_seconds',
  'audio_bytes',
  'client_ref',
  'errors',
] as const;

type JobRow = Pick<Selectable<Tables['jobs']>, (typeof JOB_COLUMNS)[number]>;

export const jobOfRow = (row: JobRow): Job => ({
  id: row.job_id,
  environment: row.environment,
  createdAt: row.created_at,
  status: row.status,
  config: row.config as JobConfig | null,
  dataName: row.data_name,
  textName: row.text_name,
  durationSeconds: row.duration_seconds,
  audioBytes: row.audio_bytes,
  clientRef: row.client_ref,
  errors: row.errors,
});

/** The errors of a job, and more behind them. */
export const withErrors = (errors: readonly JobError[]) =>
  raw<string>`(errors::jsonb || ${JSON.stringify(errors)}::jsonb)::json`;

/** A condition on jobs: their audio is in this store, or they were made before stores had names. */
export const inStore = (storeId: string) => (eb: ExpressionBuilder<Tables, 'jobs'>) =>
  eb.or([eb('store_id', 'is', null), eb('store_id', '=', storeId)]);

/** Where a job is run and when: the store that holds its audio, and its place in the queue. */
export interface Placement {
  readonly storeId: string;
  readonly fairRank: number;
  /** Who has it already, so that it is not among those that wait for an engine. */
  readonly leaseOwner?: string | undefined;
}

export async function insertJob(
  tx: Sql,
  job: NewJob,
  { storeId, fairRank, leaseOwner }: Placement,
): Promise<Job> {
  const row = await tx
    .insertInto('jobs')
    .values({
      environment: job.environment,
      job_id: job.jobId,
      workspace_id: job.workspaceId,
      project_id: job.projectId,
      api_key_id: job.apiKeyId,
      token_id: job.tokenId ?? null,
      client_ref: job.clientRef ?? null,
      created_at: new Date(job.createdAt),
      status: 'running',
      config: JSON.stringify(job.config),
      data_name: job.dataName,
      text_name: job.textName ?? '',
      duration_seconds: job.durationSeconds,
      audio_bytes: job.audioBytes,
      errors: '[]',
      lease_owner: leaseOwner ?? null,
      lease_until: null,
      finished_at: null,
      store_id: storeId,
      fair_rank: fairRank,
      audio_limits: job.audioLimits ? JSON.stringify(job.audioLimits) : null,
    })
    .returning(JOB_COLUMNS)
    .executeTakeFirstOrThrow();
  return jobOfRow(row);
}
