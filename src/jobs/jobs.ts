import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import type { Decoder } from '../audio/decoder.ts';
import { deadline } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors/app-error.ts';
import type { FixedMembers } from '../identity/temporary-keys/limits.ts';
import { BlobNotFound, type BlobStore } from '../storage/blob-store.ts';
import type { JsonV2 } from '../transcripts/json-v2.ts';
import type { Offer } from './config/offer.ts';
import { parseJobConfig } from './config/parse.ts';
import type { JobConfig } from './config/schema.ts';
import { type CreateJob, createCreateJob } from './create.ts';
import { findJob, type JobFilter, listJobs } from './find.ts';
import { blobKeys, type Job, type JobScope } from './job.ts';
import { removeJob } from './remove.ts';
import type { Watch } from './watch.ts';
import type { Queue } from './worker/queue.ts';

/** Everything callers can do with batch jobs. Each verb takes the caller's scope and sees nothing outside it. */
export interface Jobs extends CreateJob {
  /** @param lock members of transcription_config that the caller cannot choose */
  parseConfig(text: string, lock?: FixedMembers): JobConfig;
  find(scope: JobScope, jobId: string): Promise<Job>;
  list(scope: JobScope, filter: JobFilter): Promise<Job[]>;
  remove(scope: JobScope, jobId: string, force: boolean): Promise<Job>;
  /** The job as soon as it has ended, or as it is when the time is up or the signal aborts. */
  wait(scope: JobScope, jobId: string, durationMs: number, signal: AbortSignal): Promise<Job>;
  /** The upload; read it to its end or destroy it. Throws `file_expired` when it is gone. */
  data(job: Job, signal: AbortSignal): Promise<Readable>;
  /** Throws the documented error for a job that has no transcript (yet, or any more). */
  transcript(job: Job): Promise<JsonV2>;
}

interface Deps {
  readonly database: Database;
  readonly store: BlobStore;
  readonly decoder: Decoder;
  readonly queue: Queue;
  readonly watch: Watch;
  readonly clock: Clock;
  readonly maxRunningJobs: number;
  /** What the installed engine can do. */
  readonly offer: Offer;
}

export function createJobs(deps: Deps): Jobs {
  const { database, store, watch, offer } = deps;
  const find = (scope: JobScope, jobId: string) => findJob(database.sql, scope, jobId);

  async function wait(scope: JobScope, jobId: string, durationMs: number, signal: AbortSignal): Promise<Job> {
    const limit = deadline(durationMs, signal);
    try {
      return await untilEnded(scope, jobId, limit.signal);
    } finally {
      limit.end();
    }
  }

  async function untilEnded(scope: JobScope, jobId: string, over: AbortSignal): Promise<Job> {
    for (;;) {
      // Listening starts before the look, so a change between the two is not missed.
      const heard = new AbortController();
      const change = watch.next(jobId, AbortSignal.any([over, heard.signal]));
      const job = await find(scope, jobId).catch((error: unknown) => {
        heard.abort();
        throw error;
      });
      if (job.status !== 'running' || over.aborted) {
        heard.abort();
        return job;
      }
      await change;
    }
  }

  async function open(job: Job, file: 'audio' | 'transcript', signal?: AbortSignal): Promise<Readable> {
    const expired = new AppError('file_expired', { detail: 'File deleted from the storage' });
    if (job.status === 'deleted' || job.status === 'expired') throw expired;
    return store.get(blobKeys(job.environment, job.id)[file], signal).catch((error: unknown) => {
      throw error instanceof BlobNotFound ? expired : error;
    });
  }

  async function transcript(job: Job): Promise<JsonV2> {
    if (job.status === 'running') throw new AppError('transcript_not_ready');
    if (job.status === 'rejected') {
      throw new AppError('transcript_of_rejected_job', {
        detail: job.errors[0]?.message ?? 'the job was rejected',
      });
    }
    return (await json(await open(job, 'transcript'))) as JsonV2;
  }

  return {
    ...createCreateJob(deps),
    parseConfig: (text, lock) => parseJobConfig(text, offer, lock),
    find,
    list: (scope, filter) => listJobs(database.sql, scope, filter),
    remove: (scope, jobId, force) => removeJob(database, store, scope, jobId, force),
    wait,
    data: (job, signal) => open(job, 'audio', signal),
    transcript,
  };
}
