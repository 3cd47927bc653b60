import type { AlignmentTags } from '../transcripts/alignment/print-alignment.ts';
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
  /** As submitted, without nulls and with its `auth_headers` sealed; absent once the job is deleted. */
  readonly config: JobConfig | null;
  /** Name of the uploaded file; empty once the job is deleted. */
  readonly dataName: string;
  /** Name of the uploaded text of an alignment job; empty otherwise. */
  readonly textName: string;
  /** 0 until it is known: audio may have to be fetched. */
  readonly durationSeconds: number;
  /** Size of the upload, or of what was fetched. */
  readonly audioBytes: number;
  /** The end user it belongs to; never shown. */
  readonly clientRef: string | null;
  readonly errors: readonly JobError[];
}

export interface JobDetails {
  readonly id: string;
  readonly created_at: string;
  readonly data_name: string;
  readonly text_name?: string;
  readonly duration: number;
  readonly status: string;
  readonly config?: JobConfig;
  readonly errors?: readonly JobError[];
}

/** A job as the wire shows it. `client_ref` is never shown; what is absent is left out, never null. */
export const jobDetails = (job: Job): JobDetails => ({
  id: job.id,
  created_at: job.createdAt.toISOString(),
  data_name: job.dataName,
  ...(job.textName !== '' && { text_name: job.textName }),
  duration: job.durationSeconds,
  status: job.status,
  ...(job.config && { config: job.config }),
  ...(job.errors.length > 0 && { errors: job.errors }),
});

/** The jobs a caller may reach: everything outside is as if it did not exist. */
export interface JobScope {
  readonly environment: string;
  readonly projectId: number;
  readonly clientRef?: string;
}

/** What happens to jobs on this node, told to whoever counts. */
export interface JobEvents {
  submitted(): void;
  /** A run on an engine of this node has started. */
  runStarted(): void;
  /** It is over: the job has ended, or is given back to the queue. */
  runStopped(): void;
  /** @param audioSeconds transcribed; 0 for a rejected job */
  ended(status: 'done' | 'rejected', audioSeconds: number): void;
  /** One attempt to fetch, or to call back. `given_up`: it failed, and was the last. */
  called(kind: 'fetch' | 'notify', outcome: 'succeeded' | 'failed' | 'given_up'): void;
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
    text: `${prefix}/text`,
    manifest: `${prefix}/manifest.json`,
    transcript: `${prefix}/transcript.json`,
    /** The aligned text in each of its forms. */
    alignment: {
      word_start_and_end: `${prefix}/alignment/word_start_and_end.txt`,
      one_per_line: `${prefix}/alignment/one_per_line.txt`,
    } satisfies Record<AlignmentTags, string>,
    log: `${prefix}/log.txt`,
  };
};
