import { type RawBuilder, sql as raw } from 'kysely';
import { sleep, waitAtMost } from '../base/abort.ts';
import type { Logger } from '../base/log.ts';
import { repeat } from '../base/repeat.ts';
import type { Database, Sql } from '../db/database.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { blobKeys } from './job.ts';
import { inStore } from './job-row.ts';
import { announceJobChange } from './watch.ts';

/**
 * Carries out what `erasures` asks for: every trace of a project, or of one of its end users, goes from database and
 * store. What was asked for stays written down until it is done, so a crash delays it and loses nothing.
 */
export interface Erasures {
  /** Begins at once and resolves when it is done, or after ten seconds: the rest is done after, or tried again. */
  run(): Promise<void>;
}

export interface Eraser extends Erasures {
  stop(): Promise<void>;
}

interface Deps {
  readonly database: Database;
  readonly store: BlobStore;
  /** Jobs of other stores are left to the processes that reach them. */
  readonly storeId: string;
  readonly log: Logger;
}

interface Erasure {
  readonly project_id: number;
  /** Empty: the whole project. */
  readonly client_ref: string;
}

const CHANNEL = 'erasure_asked';
const RETRY_EVERY_MS = 60_000;
const ATTEMPTS = 3;
const SOON_MS = 1_000;
const PATIENCE_MS = 10_000;
const POLL_EVERY_MS = 200;
const JOBS_AT_ONCE = 100;

/** Finishes what waits for no job and for no environment: the control database may have no worker that would. */
export async function finishErasures({ database, log }: Pick<Deps, 'database' | 'log'>): Promise<void> {
  const due = await wanted(database.sql, raw<boolean>`not is_awaited(erasures) or ${IS_OWN_LEFT}`);
  for (const erasure of due) await finish(database, erasure).catch((error: Error) => warnOf(log, error));
}

/** For nodes that reach no files: nodes with the role `worker` are told, and waited for. */
export function askForErasures({ database, log }: Pick<Deps, 'database' | 'log'>): Erasures {
  const { sql } = database;

  async function ask(): Promise<void> {
    await raw`select pg_notify(${CHANNEL}, '')`.execute(sql);
    const isPending = () => sql.selectFrom('erasures').select('project_id').limit(1).executeTakeFirst();
    for (const untilMs = performance.now() + PATIENCE_MS; performance.now() < untilMs; ) {
      await finishErasures({ database, log });
      if (!(await isPending())) return;
      await sleep(POLL_EVERY_MS);
    }
  }

  return { run: () => ask().catch((error: Error) => warnOf(log, error)) };
}

/** Erases what this node's store holds: at its start, when it is asked to on any node, and again every minute. */
export async function startEraser({ database, store, storeId, log }: Deps): Promise<Eraser> {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  async function eraseAll(): Promise<void> {
    const left = await wanted(database.sql, IS_OWN_LEFT);
    // One that fails is tried again later and holds up no other.
    for (const erasure of left) await eraseOne(erasure).catch(warn);
  }

  /** What may pass, as a deadlock with workers that take the same jobs, need not wait for the next turn. */
  async function eraseOne(erasure: Erasure): Promise<void> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await eraseWhole(erasure);
      } catch (error) {
        if (attempts === ATTEMPTS) throw error;
      }
      await sleep(SOON_MS, stopping.signal);
    }
  }

  async function eraseWhole(erasure: Erasure): Promise<void> {
    while (!stopping.signal.aborted) {
      if ((await eraseJobs(database, { store, storeId }, erasure)) === 0) return finish(database, erasure);
    }
  }

  const warn = (error: Error): void => warnOf(log, error);

  async function run(): Promise<void> {
    // Whoever asks while a run is under way needs the next one: theirs may have come too late for this one.
    await running;
    if (stopping.signal.aborted) return;
    running ??= eraseAll()
      .catch(warn)
      .finally(() => {
        running = undefined;
      });
    await running;
  }

  const onAsked = () => void run();
  await database.listen({ channel: CHANNEL, onMessage: onAsked, onFeed: onAsked });
  const turns = repeat(RETRY_EVERY_MS, run, warn);

  return {
    run: () => waitAtMost(PATIENCE_MS, run()),
    async stop() {
      stopping.abort();
      await turns.stop();
      await running;
    },
  };
}

function warnOf(log: Logger, { message }: Error): void {
  log.warn({ reason: message }, 'erasure will be tried again');
}

/** Erases some jobs, running ones too; returns how many. Blobs go before the row that leads to them. */
async function eraseJobs(
  { sql }: Database,
  { store, storeId }: Pick<Deps, 'store' | 'storeId'>,
  erasure: Erasure,
): Promise<number> {
  const rows = await sql.transaction().execute(async (tx) => {
    const found = await jobsOf(tx, erasure).where(inStore(storeId)).limit(JOBS_AT_ONCE).execute();
    for (const { environment, job_id } of found) {
      await tx
        .updateTable('jobs')
        .set({
          status: 'deleted',
          config: null,
          data_name: '',
          text_name: '',
          lease_owner: null,
          lease_until: null,
        })
        .where('environment', '=', environment)
        .where('job_id', '=', job_id)
        .execute();
      await announceJobChange(tx, job_id);
    }
    return found;
  });
  for (const { environment, job_id } of rows) {
    await store.delete(blobKeys(environment, job_id).prefix);
    await sql
      .deleteFrom('jobs')
      .where('environment', '=', environment)
      .where('job_id', '=', job_id)
      .execute();
  }
  return rows.length;
}

function jobsOf(tx: Sql, { project_id, client_ref }: Erasure) {
  const jobs = tx.selectFrom('jobs').select(['environment', 'job_id']).where('project_id', '=', project_id);
  return client_ref === '' ? jobs : jobs.where('client_ref', '=', client_ref);
}

/** What is left once there are no jobs; where there are some, in any store, it does nothing. */
async function finish({ sql }: Database, { project_id, client_ref }: Erasure): Promise<void> {
  await raw`select finish_erasure(${project_id}::integer, ${client_ref})`.execute(sql);
}

/** Whether this database has not erased its own yet. */
const IS_OWN_LEFT = raw<boolean>`not is_erased(erasing_environment(), erasures)`;

const wanted = (sql: Sql, are: RawBuilder<boolean>): Promise<Erasure[]> =>
  sql.selectFrom('erasures').select(['project_id', 'client_ref']).where(are).execute();
