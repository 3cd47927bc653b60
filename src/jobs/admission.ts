import { sql as raw } from 'kysely';
import type { Clock } from '../base/clock.ts';
import type { Sql } from '../db/database.ts';
import type { AudioLimits } from '../db/tables.ts';
import { AppError } from '../errors/app-error.ts';
import { outsideLimit, type TokenLimits } from '../identity/temporary-keys/limits.ts';
import { addToMonth, addToToken, createCounterSweep } from '../usage/counters.ts';
import { cutoffSince, standingKey } from '../usage/credential.ts';
import { modelOf } from './config/parse.ts';
import type { NewJob } from './job-row.ts';

/** The temporary key a job is submitted with. */
export interface SubmittingToken {
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly limits?: TokenLimits;
}

/** Decides at the end of the transaction that has inserted the job: when it throws, that is undone, and what was counted. */
export type Admit = (tx: Sql, job: NewJob, token?: SubmittingToken) => Promise<void>;

interface Deps {
  readonly sql: Sql;
  readonly clock: Clock;
  /** Of a workspace without a quota of its own; in a crowd, as many more pass as are inserted at the same moment. */
  readonly maxRunningJobs: number;
}

export interface Admission {
  readonly admit: Admit;
  /** Removes counters of temporary keys that are over, at most once an hour. */
  sweepCounters(): Promise<void>;
}

const RETRY_AFTER_SECONDS = 5;

/**
 * What is decided when a job's upload is complete: whether the caller is still admitted, the limits of its temporary
 * key, and the quotas of its workspace. Counters are locked by being added to, so submissions take turns.
 */
export function createAdmission({ sql, clock, maxRunningJobs }: Deps): Admission {
  return {
    async admit(tx, job, token) {
      const nowMs = clock.now();
      const workspace = await requireStanding(tx, job, { nowMs, maxRunningJobs, ...(token && { token }) });
      if (token?.limits) {
        const { maxConcurrent } = token.limits;
        await countForToken(tx, job, { ...token.limits, expiresAtMs: token.expiresAtMs, sessions: 1 });
        if (maxConcurrent !== undefined && job.tokenId !== undefined)
          await requireAtMostRunning(tx, job.environment, { token_id: job.tokenId }, maxConcurrent);
      }
      await countForWorkspace(tx, job, nowMs, workspace.monthly_audio_hours);
      // Counted again, now that submissions of the workspace take turns: its own quota is exact.
      if (workspace.max_running_jobs !== null)
        await requireAtMostRunning(
          tx,
          job.environment,
          { workspace_id: job.workspaceId },
          workspace.max_running_jobs,
        );
    },
    sweepCounters: createCounterSweep({ sql, clock }),
  };
}

/** Throws `unauthenticated` when the caller's credential ended while the upload was under way. */
async function requireStanding(
  tx: Sql,
  job: NewJob,
  { nowMs, maxRunningJobs, token }: { nowMs: number; maxRunningJobs: number; token?: SubmittingToken },
) {
  const over = overLimit(tx, job.environment, { workspace_id: job.workspaceId }, maxRunningJobs);
  const workspace = await standingKey(tx, job.apiKeyId, nowMs)
    .select(['w.max_running_jobs', 'w.monthly_audio_hours'])
    .select(({ exists }) => exists(over).as('is_full'))
    .executeTakeFirst();
  if (!workspace) throw new AppError('unauthenticated');
  if (token && job.clientRef !== undefined) {
    const ended = cutoffSince(tx, job.projectId, job.clientRef, token.issuedAtMs);
    if (await ended.executeTakeFirst()) throw new AppError('unauthenticated');
  }
  if (workspace.is_full && workspace.max_running_jobs === null) throw tooManyJobs();
  return workspace;
}

/** Throws `forbidden` when the audio is longer than the temporary key allows. */
export function requireSessionLength(
  durationSeconds: number,
  limits?: Pick<TokenLimits, 'maxSessionSeconds'>,
): void {
  if (durationSeconds <= (limits?.maxSessionSeconds ?? durationSeconds)) return;
  throw outsideLimit('max_session_seconds', 'the audio is longer than this key allows');
}

/** What is kept of a temporary key until the audio of its job is there. */
export const audioLimits = (
  { expiresAtMs }: SubmittingToken,
  { maxSessionSeconds, audioSeconds }: TokenLimits,
): AudioLimits => ({
  expiresAtMs,
  ...(maxSessionSeconds !== undefined && { maxSessionSeconds }),
  ...(audioSeconds !== undefined && { audioSeconds }),
});

/** A job whose audio has been fetched. */
export interface FetchedJob
  extends Pick<NewJob, 'environment' | 'workspaceId' | 'durationSeconds' | 'config'> {
  readonly tokenId?: string | undefined;
  readonly audioLimits?: AudioLimits | undefined;
}

/**
 * What could not be decided when the job was submitted: whether its audio is within the limits of the temporary key and
 * the quota of the workspace. Throws `forbidden`; counts in the caller's transaction, the last thing in it.
 */
export async function admitFetchedAudio(tx: Sql, job: FetchedJob, nowMs: number): Promise<void> {
  requireSessionLength(job.durationSeconds, job.audioLimits);
  if (job.audioLimits) await countForToken(tx, job, { ...job.audioLimits, sessions: 0 });
  const workspace = await tx
    .selectFrom('workspaces')
    .where('workspace_id', '=', job.workspaceId)
    .select('monthly_audio_hours')
    .executeTakeFirst();
  await countForWorkspace(tx, job, nowMs, workspace?.monthly_audio_hours ?? null);
}

async function countForToken(
  tx: Sql,
  { environment, tokenId, durationSeconds }: Pick<FetchedJob, 'environment' | 'tokenId' | 'durationSeconds'>,
  counted: Pick<TokenLimits, 'maxSessions' | 'audioSeconds' | 'maxConcurrent'> & {
    readonly expiresAtMs: number;
    readonly sessions: 0 | 1;
  },
): Promise<void> {
  const { maxSessions, maxConcurrent, audioSeconds, expiresAtMs, sessions } = counted;
  if (tokenId === undefined) return;
  if (maxSessions === undefined && maxConcurrent === undefined && audioSeconds === undefined) return;
  const added = { sessions, audioSeconds: durationSeconds };
  const used = await addToToken(tx, { environment, tokenId, expiresAtMs }, added).executeTakeFirstOrThrow();
  if (maxSessions !== undefined && used.sessions > maxSessions) {
    throw outsideLimit('max_sessions', 'this key has created as many jobs as it may');
  }
  if (audioSeconds !== undefined && used.audio_seconds > audioSeconds) {
    throw outsideLimit('audio_seconds', 'this key may not transcribe that much more audio');
  }
}

/** Adds to the audio of the workspace's month. */
async function countForWorkspace(
  tx: Sql,
  job: Omit<FetchedJob, 'tokenId' | 'audioLimits'>,
  nowMs: number,
  quotaHours: number | null,
): Promise<void> {
  const audio = { audioSeconds: job.durationSeconds, atMs: nowMs };
  const used = await addToMonth(tx, job, audio).executeTakeFirstOrThrow();
  if (quotaHours !== null && used.audio_seconds > quotaHours * 3_600) throw overQuota(job.config, quotaHours);
}

/** In the words of the service: clients compare the start and the end of this text. */
const overQuota = (config: NewJob['config'], hours: number): AppError =>
  new AppError('forbidden', {
    detail:
      'account is not allowed to create a job at the moment: This request would exceed your limit for ' +
      `${modelOf(config) === 'enhanced' ? 'Enhanced' : 'Standard'} Model transcription in the current month. ` +
      `Your limit is ${hours} hours.`,
  });

type Counted = { readonly token_id: string } | { readonly workspace_id: string };

async function requireAtMostRunning(tx: Sql, environment: string, of: Counted, max: number): Promise<void> {
  if (await overLimit(tx, environment, of, max).executeTakeFirst()) throw tooManyJobs();
}

/** A running job, if there are more than `max`. Reads no more of the index than that. */
const overLimit = (tx: Sql, environment: string, of: Counted, max: number) =>
  tx
    .selectFrom('jobs')
    .where('environment', '=', environment)
    .where((eb) => eb.and(of))
    // Written out, so that the planner takes the index of running jobs.
    .where('status', '=', raw.lit('running'))
    .select('job_id')
    .offset(max)
    .limit(1);

const tooManyJobs = (): AppError => new AppError('too_many_jobs', { retryAfterSeconds: RETRY_AFTER_SECONDS });
