import type { JobConfig } from './config/schema.ts';

/**
 * A batch job.
 *
 *   running ──► done ─────┬──► deleted   (by the user)
 *      │  └───► rejected ─┴──► expired   (by retention)
 *      └──────► deleted                  (by the user, with force)
 *
 * There is no queued state: a job that waits for capacity is running. A job that has ended never runs again.
 */
export type JobStatus = 'running' | 'done' | 'rejected' | 'deleted' | 'expired';

export interface JobError {
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  readonly message: string;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Job {
  readonly id: string;
  readonly environment: string;
  readonly createdAt: Date;
  readonly status: JobStatus;
  /** As submitted, without nulls; absent once the job is deleted. */
  readonly config: JobConfig | null;
  /** Name of the uploaded file; empty once the job is deleted. */
  readonly dataName: string;
  readonly durationSeconds: number;
  /** Size of the upload. */
  readonly audioBytes: number;
  /** The end user it belongs to; never shown. */
  readonly clientRef: string | null;
  readonly errors: readonly JobError[];
}

/** The jobs a caller may reach: everything outside is as if it did not exist. */
export interface JobScope {
  readonly environment: string;
  readonly projectId: number;
  readonly clientRef?: string;
}

/** Whom a new job belongs to. */
export interface JobOwner extends JobScope {
  readonly workspaceId: string;
  readonly apiKeyId: string;
  /** The temporary key it was submitted with. */
  readonly tokenId?: string;
}

/** Where a job's blobs lie; one prefix, so that they are removed together. */
export const blobKeys = (environment: string, jobId: string) => {
  const prefix = `${environment.toLowerCase()}/jobs/${jobId}`;
  return {
    prefix,
    audio: `${prefix}/audio`,
    manifest: `${prefix}/manifest.json`,
    transcript: `${prefix}/transcript.json`,
  };
};
