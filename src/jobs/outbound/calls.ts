import { type Insertable, sql as raw } from 'kysely';
import type { Database, Sql } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import type { JobConfig } from '../config/schema.ts';

/** What a callback says of its job. */
export type Outcome = 'success' | 'error' | 'fetch_error';

/**
 * An HTTP request of a job that is yet to succeed: a row of `outbound_calls`. It is added in the transaction that
 * creates or ends the job and removed when it has succeeded or is given up, so no crash loses it; one that dies with
 * its worker is made again. `due_at` is both the schedule and the lease: whoever takes a call moves it on, and keeps
 * moving it while at work. Of two who believe to hold a call, the number of the attempt tells the later one.
 */
export interface Call {
  readonly environment: string;
  readonly jobId: string;
  readonly projectId: number;
  readonly kind: 'fetch' | 'notify';
  /** Of a callback: its place in notification_config. */
  readonly entry: number;
  /** Of a callback. */
  readonly outcome: Outcome | null;
  /** From 1. */
  readonly attempt: number;
}

/** Owner of the lease of a job whose files are being fetched; such a lease does not run out, its call does. */
export const FETCHER = 'fetch';

const CHANNEL = 'outbound_call';
const LEASE = raw<Date>`now() + interval '20 seconds'`;
export const RENEW_CALL_EVERY_MS = 6_000;

interface QueuedJob {
  readonly environment: string;
  readonly jobId: string;
  readonly projectId: number;
  readonly storeId: string | null;
}

/** Queues the fetching of what the config names, in the transaction that inserts the job. */
export async function queueFetch(
  tx: Sql,
  { environment, jobId, projectId, storeId }: QueuedJob,
): Promise<void> {
  const job = { environment, job_id: jobId, project_id: projectId, outcome: null, store_id: storeId };
  await insert(tx, [{ ...job, kind: 'fetch', entry: 0 }]);
}

/** Queues the callbacks of a job, in the transaction that ends it. */
export async function queueNotifications(
  tx: Sql,
  { environment, jobId, projectId, storeId }: QueuedJob,
  { notification_config = [] }: JobConfig,
  outcome: Outcome,
): Promise<void> {
  const job = { environment, job_id: jobId, project_id: projectId, outcome, store_id: storeId };
  if (notification_config.length > 0)
    await insert(
      tx,
      notification_config.map((_, entry) => ({ ...job, kind: 'notify', entry })),
    );
}

type NewCall = Insertable<Tables['outbound_calls']>;

async function insert(tx: Sql, calls: NewCall[]): Promise<void> {
  await tx.insertInto('outbound_calls').values(calls).execute();
  await raw`select pg_notify(${CHANNEL}, '')`.execute(tx);
}

/** Calls back when a call was queued, and when one may have been missed. */
export const onCall = (database: Database, callback: () => void): Promise<void> =>
  database.listen({ channel: CHANNEL, onMessage: callback, onFeed: callback });

/** Takes the call that has been due for longest, if there is one. */
export async function takeCall(
  sql: Sql,
  { kind, storeId, busyProjects }: { kind: Call['kind']; storeId: string; busyProjects: readonly number[] },
): Promise<Call | undefined> {
  const { rows } = await raw<Call>`
    update outbound_calls set attempts = attempts + 1, due_at = ${LEASE}
    where (environment, job_id, kind, entry) = (
      select environment, job_id, kind, entry from outbound_calls
      where kind = ${kind} and due_at <= now() and (store_id is null or store_id = ${storeId})
        and project_id <> all(${busyProjects}::integer[])
      order by due_at limit 1 for update skip locked)
    returning environment, job_id as "jobId", project_id as "projectId", kind, entry, outcome, attempts as attempt`.execute(
    sql,
  );
  return rows[0];
}

/** Whether the call is still held, and its job neither deleted nor expired; if so it is held longer. */
export async function renewCall(sql: Sql, call: Call): Promise<boolean> {
  const { numUpdatedRows } = await held(sql, call)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('jobs')
          .where('jobs.environment', '=', call.environment)
          .where('jobs.job_id', '=', call.jobId)
          .where('jobs.status', 'in', ['running', 'done', 'rejected'])
          .select('jobs.job_id'),
      ),
    )
    .set({ due_at: LEASE })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Puts the call off until its next attempt; false when it is somebody else's by now. */
export async function putOff(sql: Sql, call: Call, gapMs: number): Promise<boolean> {
  const { numUpdatedRows } = await held(sql, call)
    .set({ due_at: raw<Date>`now() + make_interval(secs => ${gapMs / 1_000})` })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Gives a call back whose attempt was interrupted: that one does not count, and is made again so much later. */
export async function giveCallBack(sql: Sql, call: Call, afterMs = 0): Promise<void> {
  await held(sql, call)
    .set({ due_at: raw<Date>`now() + make_interval(secs => ${afterMs / 1_000})`, attempts: call.attempt - 1 })
    .execute();
}

/** Removes the call; false when it is somebody else's by now. */
export async function removeCall(
  sql: Sql,
  { environment, jobId, kind, entry, attempt }: Call,
): Promise<boolean> {
  const { numDeletedRows } = await sql
    .deleteFrom('outbound_calls')
    .where((eb) => eb.and({ environment, job_id: jobId, kind, entry, attempts: attempt }))
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

const held = (sql: Sql, { environment, jobId, kind, entry, attempt }: Call) =>
  sql
    .updateTable('outbound_calls')
    .where((eb) => eb.and({ environment, job_id: jobId, kind, entry, attempts: attempt }));
