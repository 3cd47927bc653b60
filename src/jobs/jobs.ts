import type { Readable } from 'node:stream';
import { json, text } from 'node:stream/consumers';
import type { Decoder } from '../audio/decoder.ts';
import { deadline } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors/app-error.ts';
import type { Sealer } from '../identity/secrets/pepper.ts';
import type { FixedMembers } from '../identity/temporary-keys/limits.ts';
import type { Outbound } from '../net/outbound.ts';
import { BlobNotFound, type BlobStore, type ByteRange, type ReadOptions } from '../storage/blob-store.ts';
import type { AlignmentTags } from '../transcripts/alignment/print-alignment.ts';
import type { JsonV2 } from '../transcripts/json-v2.ts';
import type { Offer } from './config/offer.ts';
import { parseJobConfig } from './config/parse.ts';
import type { JobConfig } from './config/schema.ts';
import { type CreateJob, createCreateJob } from './create.ts';
import { findJob, type JobFilter, listJobs } from './find.ts';
import { blobKeys, type Job, type JobEvents, type JobScope } from './job.ts';
import { maskHeaders, revealHeaders, sealHeaders } from './outbound/auth-headers.ts';
import { checkRequests } from './outbound/check-requests.ts';
import { removeJob } from './remove.ts';
import type { Watch } from './watch.ts';
import type { Queue } from './worker/queue.ts';

/**
 * Everything callers can do with batch jobs. Each verb takes the caller's scope and sees nothing outside it; values of
 * `auth_headers` are shown to callers that see the whole project.
 */
export interface Jobs extends CreateJob {
  /**
   * A config that can be submitted; its `auth_headers` are sealed.
   * @param lock members of transcription_config that the caller cannot choose
   */
  parseConfig(text: string, lock?: FixedMembers): JobConfig;
  find(scope: JobScope, jobId: string): Promise<Job>;
  list(scope: JobScope, filter: JobFilter): Promise<Job[]>;
  remove(scope: JobScope, jobId: string, force: boolean): Promise<Job>;
  /** The job as soon as it has ended, or as it is when the time is up or the signal aborts. */
  wait(scope: JobScope, jobId: string, durationMs: number, signal: AbortSignal): Promise<Job>;
  /** The upload, or a part of it; read it to its end or destroy it. Throws `file_expired` when it is gone. */
  data(job: Job, options: ReadOptions): Promise<Readable>;
  /** What happened to the job, as text. Throws `log_not_available` before it has been run. */
  log(job: Job): Promise<string>;
  /** Throws the documented error for a job that has no transcript (yet, or any more). */
  transcript(job: Job): Promise<JsonV2>;
  /** The text of an alignment job; read it to its end or destroy it. Throws as `data` does, and for other jobs. */
  text(job: Job, signal: AbortSignal): Promise<Readable>;
  /** The aligned text; read it to its end or destroy it. Throws as `transcript` does. */
  alignment(job: Job, tags: AlignmentTags, signal: AbortSignal): Promise<Readable>;
}

export type { ByteRange };

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
  readonly http: Pick<Outbound, 'check'>;
  readonly sealer: Sealer;
  readonly events?: JobEvents;
}

export function createJobs(deps: Deps): Jobs {
  const { database, store, watch, offer, http, sealer } = deps;
  const shown = ({ clientRef }: JobScope, job: Job): Job => {
    const show = clientRef === undefined ? revealHeaders : maskHeaders;
    return { ...job, config: job.config && show(job.config, sealer) };
  };
  const find = async (scope: JobScope, jobId: string) =>
    shown(scope, await findJob(database.sql, scope, jobId));

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

  type File = (keys: ReturnType<typeof blobKeys>) => string;
  async function open(job: Job, file: File, options: ReadOptions = {}): Promise<Readable> {
    if (job.status === 'deleted' || job.status === 'expired') throw fileExpired();
    return store.get(file(blobKeys(job.environment, job.id)), options).catch((error: unknown) => {
      throw error instanceof BlobNotFound ? fileExpired() : error;
    });
  }

  async function log(job: Job): Promise<string> {
    if (job.status === 'deleted' || job.status === 'expired') throw fileExpired();
    return store.get(blobKeys(job.environment, job.id).log).then(text, (error: unknown) => {
      throw error instanceof BlobNotFound
        ? new AppError('log_not_available', { detail: 'Could not read log file' })
        : error;
    });
  }

  async function transcript(job: Job): Promise<JsonV2> {
    requireType(job, 'transcription');
    requireResult(job);
    return (await json(await open(job, (keys) => keys.transcript))) as JsonV2;
  }

  return {
    ...createCreateJob(deps),
    parseConfig(text, lock) {
      const config = parseJobConfig(text, offer, lock);
      checkRequests(config, http);
      return sealHeaders(config, sealer);
    },
    find,
    list: async (scope, filter) =>
      (await listJobs(database.sql, scope, filter)).map((job) => shown(scope, job)),
    remove: (scope, jobId, force) => removeJob(database, store, scope, jobId, force),
    wait,
    data: (job, options) => open(job, (keys) => keys.audio, options),
    log,
    transcript,
    async text(job, signal) {
      requireType(job, 'alignment');
      return open(job, (keys) => keys.text, { signal });
    },
    async alignment(job, tags, signal) {
      requireType(job, 'alignment');
      requireResult(job);
      return open(job, (keys) => keys.alignment[tags], { signal });
    },
  };
}

/** Of a job that was deleted the type is not known any more. */
function requireType({ config }: Job, type: JobConfig['type']): void {
  if (!config || config.type === type) return;
  throw new AppError(type === 'alignment' ? 'not_an_alignment' : 'not_a_transcription');
}

function requireResult({ status, errors }: Job): void {
  if (status === 'running') throw new AppError('transcript_not_ready');
  if (status !== 'rejected') return;
  throw new AppError('transcript_of_rejected_job', { detail: errors[0]?.message ?? 'the job was rejected' });
}

const fileExpired = (): AppError => new AppError('file_expired', { detail: 'File deleted from the storage' });
