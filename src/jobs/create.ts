import type { Decoder } from '../audio/decoder.ts';
import { waitAtMost } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import type { Database, Sql } from '../db/database.ts';
import { AppError } from '../errors/app-error.ts';
import { type BlobContent, type BlobStore, isStorageAway } from '../storage/blob-store.ts';
import { audioLimits, createAdmission, requireSessionLength, type SubmittingToken } from './admission.ts';
import type { JobConfig } from './config/schema.ts';
import { blobKeys, type Job, type JobEvents, type JobOwner } from './job.ts';
import { insertJob, type NewJob } from './job-row.ts';
import { FETCHER, queueFetch } from './outbound/calls.ts';
import { readTextFile } from './text-file.ts';
import { checkChannels } from './worker/channels.ts';
import { nextFairRank } from './worker/fair-rank.ts';
import type { Queue } from './worker/queue.ts';

/** A job that does not exist yet, but files of it may. */
export interface Draft {
  readonly environment: string;
  readonly jobId: string;
}

/** A file that has arrived for a job that does not exist yet. */
export interface Upload extends Draft {
  readonly sizeBytes: number;
}

export interface Submission {
  readonly owner: JobOwner;
  readonly token?: SubmittingToken;
  readonly jobId: string;
  /** The audio. Absent: what the config says is fetched. */
  readonly upload?: Upload;
  readonly dataName: string;
  /** A text has arrived, under this name. */
  readonly textName?: string;
  readonly config: JobConfig;
}

/** Who is waiting hears of a failure no later than this, though what has arrived may not have been removed yet. */
const DISCARD_WAIT_MS = 2_000;

interface Deps {
  readonly database: Database;
  readonly store: BlobStore;
  readonly decoder: Decoder;
  readonly queue: Queue;
  readonly clock: Clock;
  /** Unfinished jobs of a workspace in one environment, unless it has a quota of its own. */
  readonly maxRunningJobs: number;
  readonly events?: JobEvents;
}

export interface CreateJob {
  /** Stores a file as it arrives. When it is cut off, nothing is left behind. */
  receive(draft: Draft, file: 'audio' | 'text', content: BlobContent, signal: AbortSignal): Promise<Upload>;
  /** Forgets what arrived for a draft that became no job. */
  discard(draft: Draft): Promise<void>;
  /** Turns what has arrived into a job. Once it has resolved the job is never lost; when it throws, nothing is left. */
  submit(submission: Submission, signal: AbortSignal): Promise<Job>;
}

export function createCreateJob(deps: Deps): CreateJob {
  const { database, store, queue, clock } = deps;
  const admission = createAdmission({ ...deps, sql: database.sql });
  let lastCreatedMs = 0;
  /** `created_at` is a cursor without ties, so each job of this node gets a millisecond of its own. */
  const nextCreatedAt = (): Date => {
    lastCreatedMs = Math.max(clock.now(), lastCreatedMs + 1);
    return new Date(lastCreatedMs);
  };

  const discard = ({ environment, jobId }: Draft): Promise<void> =>
    waitAtMost(DISCARD_WAIT_MS, store.delete(blobKeys(environment, jobId).prefix).catch(unlessAway));

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
    async receive(draft, file, content, signal) {
      const key = blobKeys(draft.environment, draft.jobId)[file];
      const { sizeBytes } = await store.put(key, content, signal);
      return { ...draft, sizeBytes };
    },
    async submit({ owner, token, jobId, upload, dataName, textName, config }, signal) {
      const { environment } = owner;
      try {
        if (textName !== undefined) await readTextFile(store, blobKeys(environment, jobId).text);
        const durationSeconds = upload ? await measureAudio(deps, upload, config, signal) : 0;
        requireSessionLength(durationSeconds, token?.limits);
        if (token?.limits) await admission.sweepCounters();
        const fresh = (): NewJob => ({
          ...owner,
          jobId,
          createdAt: nextCreatedAt().toISOString(),
          config,
          dataName,
          ...(textName !== undefined && { textName }),
          durationSeconds,
          audioBytes: upload?.sizeBytes ?? 0,
          ...(!upload && token?.limits && { audioLimits: audioLimits(token, token.limits) }),
        });
        const job = await withoutTies(() => insert(fresh(), token));
        deps.events?.submitted();
        return job;
      } catch (error) {
        await discard({ environment, jobId });
        throw error;
      }
    },
  };
}

/** The failure before is told, not that a store which is away removes nothing. */
function unlessAway(error: unknown): void {
  if (!isStorageAway(error)) throw error;
}

/** Inserts a job and queues its first run, or the fetching before it: both or neither. */
export async function insertAndQueue(tx: Sql, queue: Queue, job: NewJob): Promise<Job> {
  const { environment, jobId, projectId, config } = job;
  const { storeId } = queue;
  const fairRank = await nextFairRank(tx, storeId, projectId);
  const isFetched = config.fetch_data !== undefined || config.fetch_text !== undefined;
  const leaseOwner = isFetched ? FETCHER : undefined;
  const inserted = await insertJob(tx, job, { storeId, fairRank, leaseOwner });
  if (isFetched) await queueFetch(tx, { environment, jobId, projectId, storeId });
  else await queue.send(tx, { environment, jobId, fairRank });
  return inserted;
}

/**
 * Length of stored audio in whole seconds, at least 1. Throws `invalid_audio` for what cannot be decoded, or not as the
 * config asks for it.
 */
export async function measureAudio(
  { store, decoder }: Pick<Deps, 'store' | 'decoder'>,
  { environment, jobId, sizeBytes }: Upload,
  config: JobConfig,
  signal: AbortSignal,
): Promise<number> {
  if (sizeBytes === 0) throw new AppError('invalid_audio', { detail: 'the file is empty' });
  const audio = await store.localPath(blobKeys(environment, jobId).audio, signal);
  try {
    const { durationSeconds, channels } = await decoder.probe(audio.path, signal);
    checkChannels(config, channels);
    return Math.max(1, Math.ceil(durationSeconds));
  } finally {
    await audio.release();
  }
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
