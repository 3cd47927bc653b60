import { deadline, waitAtMost } from '../../base/abort.ts';
import type { Logger } from '../../base/log.ts';
import type { Span, Tracer } from '../../base/span.ts';
import type { Database } from '../../db/database.ts';
import { EngineError } from '../../engines/engine.ts';
import { AppError } from '../../errors/app-error.ts';
import { BlobNotFound, isStorageAway } from '../../storage/blob-store.ts';
import { blobKeys, type JobEvents } from '../job.ts';
import { removeIfDeleted } from '../remove.ts';
import type { Watch } from '../watch.ts';
import { alignJob } from './align-job.ts';
import { isByChannel, MAX_CHANNELS } from './channels.ts';
import { openJobLog } from './job-log.ts';
import {
  endRun,
  giveBack,
  type Lease,
  type LeasedJob,
  queueAbandoned,
  RENEW_EVERY_MS,
  renewLease,
  takeLease,
} from './lease.ts';
import type { Queue } from './queue.ts';
import { type LoggedRun, type RunDeps, runJob } from './run-job.ts';

/** The backstop behind the notification of a new ticket. */
const POLL_EVERY_MS = 2_000;

/** Far beyond what any recording takes on a slow machine: only a hanging engine meets it. */
const timeLimitMs = ({ durationSeconds, config }: LeasedJob): number =>
  600_000 + 4 * durationSeconds * 1_000 * (isByChannel(config) ? MAX_CHANNELS : 1);

interface Deps extends RunDeps {
  readonly database: Database;
  readonly queue: Queue;
  readonly watch: Watch;
  readonly log: Logger;
  readonly nodeId: string;
  readonly events?: JobEvents;
  readonly tracer?: Tracer;
}

export interface WorkerOptions {
  /** Jobs run at the same time. */
  readonly concurrency: number;
}

export interface Worker {
  /** Stops the runs and gives their jobs back to the queue. */
  stop(): Promise<void>;
}

/**
 * Takes tickets while it has room and runs their jobs. Every few seconds it also renews its leases (one timer per
 * run) and queues jobs whose worker has died.
 */
export async function startWorker(deps: Deps, options: WorkerOptions): Promise<Worker> {
  const { database, queue, log } = deps;
  const stopping = new AbortController();
  const runs = new Set<Promise<void>>();
  let wake = () => {};

  function start({ lease, job }: Run): void {
    deps.events?.runStarted();
    const run = traceRun(deps, { lease, job }, stopping.signal)
      .catch((error: Error) => log.error({ job: lease.jobId, reason: error.message }, 'run not recorded'))
      .finally(() => {
        deps.events?.runStopped();
        runs.delete(run);
        wake();
      });
    runs.add(run);
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await attempt(log, async () => {
        await queueAbandoned(database, queue);
        const room = options.concurrency - runs.size;
        if (room === 0) return;
        const { runs: taken, tickets } = await takeRuns(deps, room);
        for (const run of taken) start(run);
        // Of jobs that are gone: what waits behind them is not kept waiting.
        if (tickets > taken.length) wake();
      });
      await waitAtMost(POLL_EVERY_MS, woken);
    }
  }

  await queue.onTicket(() => wake());
  const looping = loop();
  return {
    async stop() {
      stopping.abort(new Error('the worker is stopping'));
      wake();
      await looping;
      await Promise.all(runs);
    },
  };
}

/** The database may be away for a while; the loop goes on and the next turn tries again. */
async function attempt(log: Logger, turn: () => Promise<void>): Promise<void> {
  await turn().catch((error: Error) => log.error({ reason: error.message }, 'worker cannot reach the queue'));
}

interface Run {
  readonly lease: Lease;
  readonly job: LeasedJob;
}

/** Tickets become leases in one transaction: whenever this node dies, a job has the one or the other. */
async function takeRuns(
  { database, queue, nodeId }: Deps,
  count: number,
): Promise<{ runs: Run[]; tickets: number }> {
  return database.sql.transaction().execute(async (tx) => {
    const runs: Run[] = [];
    const tickets = await queue.take(tx, count);
    for (const { environment, jobId, ticketId } of tickets) {
      // The owner is the run, not the node: a node may take up again what it has lost.
      const lease: Lease = { environment, jobId, owner: `${nodeId}/${ticketId}` };
      const job = await takeLease(tx, lease);
      if (job) runs.push({ lease, job });
    }
    return { runs, tickets: tickets.length };
  });
}

/** How a run ended; `failed` and `interrupted` ones are repeated, a `lost` one is somebody else's. */
type RunOutcome = 'done' | 'rejected' | 'failed' | 'interrupted' | 'lost';

async function traceRun(deps: Deps, { lease, job }: Run, stopping: AbortSignal): Promise<void> {
  const { environment, jobId } = lease;
  const { workspaceId, projectId, createdAt, durationSeconds: audioSeconds } = job;
  const jobAgeSeconds = Math.max(0, deps.clock.now() - createdAt.getTime()) / 1_000;
  const facts = { environment, product: 'batch', workspaceId, projectId, jobId, audioSeconds } as const;
  const span = deps.tracer?.start('job', { ...facts, jobAgeSeconds });
  let outcome: RunOutcome = 'failed';
  try {
    outcome = await runLeased(deps, { lease, job, ...(span && { span }) }, stopping);
  } finally {
    span?.note({ outcome });
    span?.end(outcome === 'rejected' || outcome === 'failed' ? outcome : undefined);
  }
}

async function runLeased(
  deps: Deps,
  { lease, job, span }: Run & { readonly span?: Span },
  stopping: AbortSignal,
): Promise<RunOutcome> {
  const { database, watch, store, clock } = deps;
  const log = await openJobLog(store, blobKeys(lease.environment, lease.jobId).log, clock);
  const lost = new AbortController();
  const check = async () => {
    if (!(await renewLease(database.sql, lease))) lost.abort(new Error('the lease was lost'));
  };
  const renewal = setInterval(() => void check().catch(() => {}), RENEW_EVERY_MS);
  const unwatch = watch.on(lease.jobId, () => void check().catch(() => {}));
  const limit = deadline(timeLimitMs(job), stopping, lost.signal);
  try {
    const run = job.config.type === 'alignment' ? alignJob : runJob;
    await run(deps, { lease, job, log, ...(span && { span }) }, limit.signal);
    log.note('done');
    await log.stored();
    if (await endRun(database, lease, { status: 'done' })) {
      deps.events?.ended('done', job.durationSeconds);
      return 'done';
    }
    await removeIfDeleted(database, store, lease);
    return 'lost';
  } catch (error) {
    const outcome = lost.signal.aborted
      ? 'lost'
      : await recordFailure(deps, { lease, log }, error, stopping.aborted);
    // What is written after its job was removed would stay, and that may be why the run failed.
    await log.stored();
    await removeIfDeleted(database, store, lease);
    return outcome;
  } finally {
    limit.end();
    unwatch();
    clearInterval(renewal);
  }
}

/** What became of a run that did not end: the audio's fault rejects the job, anything else is tried again. */
async function recordFailure(
  deps: Deps,
  { lease, log: jobLog }: Pick<LoggedRun, 'lease' | 'log'>,
  error: unknown,
  stopping: boolean,
): Promise<RunOutcome> {
  const { database, queue, log, clock } = deps;
  const message = rejection(error);
  const isOfTheServer = message === undefined || error instanceof EngineError;
  if (isOfTheServer && !stopping) {
    log.warn({ job: lease.jobId, reason: (error as Error).message }, 'job attempt failed');
  }
  if (message === undefined) {
    jobLog.note(stopping ? 'interrupted: the worker stops' : 'attempt failed');
    // Its lease runs out, and then it is queued again: the store may be back by then. That costs it no attempt.
    if (isStorageAway(error) && !stopping) return 'failed';
    if (await giveBack(database, queue, lease, { failed: !stopping })) {
      return stopping ? 'interrupted' : 'failed';
    }
  }
  const timestamp = new Date(clock.now()).toISOString();
  const text = message ?? 'the job could not be processed';
  jobLog.note(`rejected: ${text}`);
  await jobLog.stored();
  const outcome = { status: 'rejected', error: { timestamp, message: text } } as const;
  if (!(await endRun(database, lease, outcome))) return 'lost';
  deps.events?.ended('rejected', 0);
  return 'rejected';
}

/** The sentence for the submitter when another attempt cannot help. */
function rejection(error: unknown): string | undefined {
  if (error instanceof AppError) return error.message;
  if (error instanceof BlobNotFound) return 'the audio is no longer in the storage';
  if (error instanceof EngineError && !error.retryable) return 'the engine cannot process this audio';
  return undefined;
}
