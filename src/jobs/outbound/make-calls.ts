import { waitAtMost } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { endFailed, type Tracer } from '../../base/span.ts';
import type { Database, Sql } from '../../db/database.ts';
import { OutboundStatus } from '../../net/outbound-error.ts';
import { isStorageAway } from '../../storage/blob-store.ts';
import type { JobEvents } from '../job.ts';
import { withErrors } from '../job-row.ts';
import type { Watch } from '../watch.ts';
import {
  type Call,
  giveCallBack,
  onCall,
  putOff,
  RENEW_CALL_EVERY_MS,
  removeCall,
  renewCall,
  takeCall,
} from './calls.ts';

/** One kind of call. */
export interface CallHandler {
  readonly kind: Call['kind'];
  /** Makes the call and removes it. When it throws, it is made again later, or given up. */
  attempt(call: Call, signal: AbortSignal): Promise<void>;
  /** What a failure adds to the errors of the job. */
  sentences(call: Call, error: Error, isLast: boolean): string[];
  /** What follows from a call that is given up, in the transaction that removes it. */
  giveUp(tx: Sql, call: Call, sentences: string[]): Promise<void>;
}

interface Deps {
  readonly database: Database;
  readonly storeId: string;
  readonly watch: Watch;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events?: JobEvents;
  readonly tracer?: Tracer;
}

export interface CallOptions {
  /** Calls made at the same time. */
  readonly concurrency: number;
  /** Of those, calls of one project: slow hosts of one keep no other waiting. */
  readonly perProject: number;
  /** From a failed attempt to the next; there is one attempt more than gaps. */
  readonly gapsMs: readonly number[];
}

/** The backstop behind the notification of a new call; also how late a repeated one may be. */
const POLL_EVERY_MS = 1_000;
/** When a call is made again that found no storage; it is neither the caller's fault nor that of who is called. */
const STORAGE_GAP_MS = 10_000;

/** Makes the calls of one kind as they become due. `stop` interrupts those under way; they are made again. */
export async function makeCalls(
  deps: Deps,
  handler: CallHandler,
  options: CallOptions,
): Promise<{ stop(): Promise<void> }> {
  const { database, storeId, log } = deps;
  const stopping = new AbortController();
  const underWay = new Map<Promise<void>, Call>();
  let wake = () => {};

  function start(call: Call): void {
    const made = makeCall(deps, handler, { call, gapsMs: options.gapsMs }, stopping.signal)
      .catch((error: Error) => log.error({ job: call.jobId, reason: error.message }, 'call not recorded'))
      .finally(() => {
        underWay.delete(made);
        wake();
      });
    underWay.set(made, call);
  }

  async function turn(): Promise<void> {
    while (underWay.size < options.concurrency) {
      const busyProjects = frequent([...underWay.values()], options.perProject);
      const call = await takeCall(database.sql, { kind: handler.kind, storeId, busyProjects });
      if (!call) return;
      start(call);
    }
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await turn().catch((error: Error) => log.error({ reason: error.message }, 'calls cannot be read'));
      await waitAtMost(POLL_EVERY_MS, woken);
    }
  }

  await onCall(database, () => wake());
  const looping = loop();
  return {
    async stop() {
      stopping.abort(new Error('the server is stopping'));
      wake();
      await looping;
      await Promise.all(underWay.keys());
    },
  };
}

/** Projects with so many calls. */
function frequent(calls: readonly Call[], count: number): number[] {
  const counts = new Map<number, number>();
  for (const { projectId } of calls) counts.set(projectId, (counts.get(projectId) ?? 0) + 1);
  return [...counts].filter(([, found]) => found >= count).map(([projectId]) => projectId);
}

/** One attempt, with its lease kept; it is cut off when the job is deleted. */
async function makeCall(
  deps: Deps,
  handler: CallHandler,
  { call, gapsMs }: { call: Call; gapsMs: readonly number[] },
  stopping: AbortSignal,
): Promise<void> {
  const { sql } = deps.database;
  const { kind, environment, jobId, projectId, attempt } = call;
  const span = deps.tracer?.start(kind, { environment, product: 'batch', projectId, jobId, attempt });
  const lost = new AbortController();
  const signal = AbortSignal.any([stopping, lost.signal]);
  const check = async () => {
    if (!(await renewCall(sql, call))) lost.abort(new Error('the call is no longer wanted'));
  };
  const renewal = setInterval(() => void check().catch(() => {}), RENEW_CALL_EVERY_MS);
  const unwatch = deps.watch.on(call.jobId, () => void check().catch(() => {}));
  try {
    await check();
    signal.throwIfAborted();
    await handler.attempt(call, signal);
    deps.events?.called(kind, 'succeeded');
    span?.end();
  } catch (error) {
    span?.note(statusOf(error));
    if (span) endFailed(span, signal);
    if (lost.signal.aborted) await removeCall(sql, call);
    else if (stopping.aborted) await giveCallBack(sql, call);
    else if (isStorageAway(error)) await giveCallBack(sql, call, STORAGE_GAP_MS);
    else await recordFailure(deps, handler, { call, gapMs: gapsMs[call.attempt - 1] }, error as Error);
  } finally {
    unwatch();
    clearInterval(renewal);
  }
}

/** What was answered, if it was not 2xx. */
function statusOf(error: unknown): { status?: number } {
  const { cause } = error as Error;
  const answer = [error, cause].find((one) => one instanceof OutboundStatus);
  return answer ? { status: answer.status } : {};
}

/** @param gapMs until the next attempt; absent: there is none */
async function recordFailure(
  { database, clock, log, events }: Deps,
  handler: CallHandler,
  { call, gapMs }: { call: Call; gapMs: number | undefined },
  error: Error,
): Promise<void> {
  const { kind, jobId: job, attempt } = call;
  const cause = (error.cause as Error | undefined)?.message;
  log.info(
    { job, kind, attempt, reason: error.message, ...(cause !== undefined && { cause }) },
    'call failed',
  );
  events?.called(kind, gapMs === undefined ? 'given_up' : 'failed');
  const sentences = handler.sentences(call, error, gapMs === undefined);
  await database.sql.transaction().execute(async (tx) => {
    if (gapMs === undefined) {
      if (await removeCall(tx, call)) await handler.giveUp(tx, call, sentences);
    } else if (await putOff(tx, call, gapMs)) {
      await addErrors(tx, call, sentences, clock);
    }
  });
}

/** Adds to the errors of a job that is still there. */
export async function addErrors(
  tx: Sql,
  { environment, jobId }: Call,
  sentences: readonly string[],
  clock: Clock,
): Promise<void> {
  const timestamp = new Date(clock.now()).toISOString();
  await tx
    .updateTable('jobs')
    .set({ errors: withErrors(sentences.map((message) => ({ timestamp, message }))) })
    .where('environment', '=', environment)
    .where('job_id', '=', jobId)
    .where('status', 'in', ['running', 'done', 'rejected'])
    .execute();
}
