import { Type } from 'typebox';
import { type JobConfig, JobConfigSchema } from '../../jobs/config/schema.ts';
import type { Job } from '../../jobs/job.ts';
import { isoMilliseconds } from '../responses.ts';

export const JobDetailsSchema = Type.Object({
  id: Type.String(),
  created_at: isoMilliseconds,
  data_name: Type.String({ description: 'Name of the uploaded file; empty once the job is deleted.' }),
  duration: Type.Integer({ description: 'Length of the audio in seconds.' }),
  status: Type.Enum(['running', 'done', 'rejected', 'deleted', 'expired']),
  config: Type.Optional(JobConfigSchema),
  errors: Type.Optional(Type.Array(Type.Object({ timestamp: Type.String(), message: Type.String() }))),
});

export interface JobDetails {
  readonly id: string;
  readonly created_at: string;
  readonly data_name: string;
  readonly duration: number;
  readonly status: string;
  readonly config?: JobConfig;
  readonly errors?: readonly { readonly timestamp: string; readonly message: string }[];
}

/** A job as the wire shows it. `client_ref` is never shown; what is absent is left out, never null. */
export const jobDetails = (job: Job): JobDetails => ({
  id: job.id,
  created_at: job.createdAt.toISOString(),
  data_name: job.dataName,
  duration: job.durationSeconds,
  status: job.status,
  ...(job.config && { config: job.config }),
  ...(job.errors.length > 0 && { errors: job.errors }),
});
