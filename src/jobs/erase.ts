import { sql as raw } from 'kysely';
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
const PATIENCE_MS = 10_000;
const POLL_EVERY_MS = 200;
const JOBS_AT_ONCE = 100;

/** For nodes that reach no files: nodes with the role `worker` are told, and waited for. */
export function askForErasures({ database, log }: Pick<Deps, 'database' | 'log'>): Erasures {
  const { sql } = database;

  async function asked(): Promise<void> {
    await raw`select pg_notify(${CHANNEL}, '')`.execute(sql);
    const untilMs = performance.now() + PATIENCE_MS;
    const isWanted = () => sql.selectFrom('erasures').select('project_id').limit(1).executeTakeFirst();
    while ((await isWanted()) && performance.now() < untilMs) await sleep(POLL_EVERY_MS);
  }

  return { run: () => asked().catch((error: Error) => warnOf(log, error)) };
}

/** Erases what this node's store holds: at its start, when it is asked to on any node, and again every minute. */
export async function startEraser({ database, store, storeId, log }: Deps): Promise<Eraser> {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  async function eraseAll(): Promise<void> {
    const wanted = await asked(database.sql).execute();
    // One that fails is tried again later and holds up no other.
    for (const erasure of wanted) await eraseOne(erasure).catch(warn);
  }

  async function eraseOne(erasure: Erasure): Promise<void> {
    while (!stopping.signal.aborted) {
      if ((await eraseJobs(database, { store, storeId }, erasure)) === 0) return eraseRest(database, erasure);
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
  const turns = repeat(RETRY_EVERY_MS, run);

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

/** Once there is no job left, in any store. */
async function eraseRest({ sql }: Database, erasure: Erasure): Promise<void> {
  const { project_id, client_ref } = erasure;
  await sql.transaction().execute(async (tx) => {
    if (await jobsOf(tx, erasure).limit(1).executeTakeFirst()) return;
    const isOfUser = client_ref !== '';
    await tx
      .deleteFrom('usage_daily')
      .where('project_id', '=', project_id)
      .$if(isOfUser, (usage) => usage.where('client_ref', '=', client_ref))
      .execute();
    // Without its row an open session, which ends with its key, is not counted.
    await tx
      .deleteFrom('realtime_sessions')
      .where('project_id', '=', project_id)
      .$if(isOfUser, (sessions) => sessions.where('client_ref', '=', client_ref))
      .execute();
    await raw`select finish_erasure(${project_id}::integer, ${client_ref})`.execute(tx);
  });
}

/** What this database has not erased yet. That of an environment says so for itself and writes no `erasures`. */
const asked = (sql: Sql) =>
  sql
    .selectFrom('erasures as e')
    .select(['e.project_id', 'e.client_ref'])
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('erasures_done as d')
            .select('d.environment')
            .where('d.environment', '=', eb.selectFrom('environment_database').select('environment'))
            .whereRef('d.project_id', '=', 'e.project_id')
            .whereRef('d.client_ref', '=', 'e.client_ref')
            .whereRef('d.requested_at', '>=', 'e.requested_at'),
        ),
      ),
    );
