import type { Decoder } from '../audio/decoder.ts';
import type { Clock } from '../base/clock.ts';
import { newJobId } from '../base/ids.ts';
import type { Database, Sql } from '../db/database.ts';
import { AppError } from '../errors/app-error.ts';
import { outsideLimit } from '../identity/temporary-keys/limits.ts';
import type { BlobContent, BlobStore } from '../storage/blob-store.ts';
import { createAdmission, type SubmittingToken } from './admission.ts';
import type { JobConfig } from './config/schema.ts';
import { blobKeys, type Job, type JobOwner } from './job.ts';
import { insertJob, type NewJob } from './job-row.ts';
import type { Queue } from './worker/queue.ts';

/** Audio that has arrived for a job that does not exist yet. */
export interface Upload {
  readonly environment: string;
  readonly jobId: string;
  readonly sizeBytes: number;
}

export interface Submission {
  readonly owner: JobOwner;
  readonly token?: SubmittingToken;
  readonly upload: Upload;
  readonly dataName: string;
  readonly config: JobConfig;
}

interface Deps {
  readonly database: Database;
  readonly store: BlobStore;
  readonly decoder: Decoder;
  readonly queue: Queue;
  readonly clock: Clock;
  /** Unfinished jobs of a workspace in one environment, unless it has a quota of its own. */
  readonly maxRunningJobs: number;
}

export interface CreateJob {
  /** Stores audio as it arrives. When it is cut off, nothing is left behind. */
  receive(environment: string, content: BlobContent, signal: AbortSignal): Promise<Upload>;
  /** Forgets an upload that became no job. */
  discard(upload: Upload): Promise<void>;
  /** Turns an upload into a job. Once it has resolved the job is never lost; when it throws, nothing is left. */
  submit(submission: Submission, signal: AbortSignal): Promise<Job>;
}

export function createCreateJob(deps: Deps): CreateJob {
  const { database, store, decoder, queue, clock } = deps;
  const admission = createAdmission({ ...deps, sql: database.sql });
  let lastCreatedMs = 0;
  /** `created_at` is a cursor without ties, so each job of this node gets a millisecond of its own. */
  const nextCreatedAt = (): Date => {
    lastCreatedMs = Math.max(clock.now(), lastCreatedMs + 1);
    return new Date(lastCreatedMs);
  };

  const discard = (upload: Upload): Promise<void> =>
    store.delete(blobKeys(upload.environment, upload.jobId).prefix);

  async function probe(upload: Upload, signal: AbortSignal): Promise<number> {
    if (upload.sizeBytes === 0) throw new AppError('invalid_audio', { detail: 'the file is empty' });
    const audio = await store.localPath(blobKeys(upload.environment, upload.jobId).audio, signal);
    try {
      const { durationSeconds } = await decoder.probe(audio.path, signal);
      return Math.max(1, Math.ceil(durationSeconds));
    } finally {
      await audio.release();
    }
  }

  async function insert(job: NewJob, token?: SubmittingToken): Promise<Job> {
    // The manifest goes first: should power loss take the row, it is rebuilt from here.
    await store.put(blobKeys(job.environment, job.jobId).manifest, Buffer.from(JSON.stringify(job)));
    return database.sql.transaction().execute(async (tx) => {
      const inserted = await insertAndQueue(tx, queue, job);
      // Last, because its counters are locked until the commit.
      await admission.admit(tx, job, token);
      return inserted;
    });
  }

  return {
    discard,
    async receive(environment, content, signal) {
      const jobId = newJobId();
      const { sizeBytes } = await store.put(blobKeys(environment, jobId).audio, content, signal);
      return { environment, jobId, sizeBytes };
    },
    async submit({ owner, token, upload, dataName, config }, signal) {
      try {
        const durationSeconds = await probe(upload, signal);
        if (durationSeconds > (token?.limits?.maxSessionSeconds ?? durationSeconds)) {
          throw outsideLimit('max_session_seconds', 'the audio is longer than this key allows');
        }
        if (token?.limits) await admission.sweepCounters();
        const fresh = (): NewJob => ({
          ...owner,
          jobId: upload.jobId,
          createdAt: nextCreatedAt().toISOString(),
          config,
          dataName,
          durationSeconds,
          audioBytes: upload.sizeBytes,
        });
        return await withoutTies(() => insert(fresh(), token));
      } catch (error) {
        await discard(upload);
        throw error;
      }
    },
  };
}

/** Inserts a job and queues its first run: both or neither. */
export async function insertAndQueue(tx: Sql, queue: Queue, job: NewJob): Promise<Job> {
  const inserted = await insertJob(tx, job, queue.storeId);
  await queue.send(tx, { environment: job.environment, jobId: job.jobId });
  return inserted;
}

const MAX_TIES = 20;

/** Tries again while another node has taken the same millisecond of the same project. */
async function withoutTies<T>(insert: () => Promise<T>): Promise<T> {
  for (let tie = 1; ; tie += 1) {
    try {
      return await insert();
    } catch (error) {
      if (tie === MAX_TIES || !isTie(error)) throw error;
    }
  }
}

function isTie(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string };
  return code === '23505' && constraint === 'jobs_by_project';
}
