import { EventEmitter, once } from 'node:events';
import { sql as raw } from 'kysely';
import type { Database, Sql } from '../db/database.ts';

const CHANNEL = 'job_changed';

/** Tells of jobs that have changed, on whichever node they did. */
export interface Watch {
  /** Calls back at each change of a job, also when one may have been missed. Returns how to stop. */
  on(jobId: string, callback: () => void): () => void;
  /** Resolves at the next change of the job, or when the signal aborts; it never throws. */
  next(jobId: string, signal: AbortSignal): Promise<void>;
}

export async function createWatch(database: Database): Promise<Watch> {
  const changes = new EventEmitter();
  changes.setMaxListeners(0);
  await database.listen({
    channel: CHANNEL,
    onMessage: (jobId) => changes.emit(jobId),
    onFeed: () => {
      for (const jobId of changes.eventNames()) changes.emit(jobId);
    },
  });
  return {
    on(jobId, callback) {
      changes.on(jobId, callback);
      return () => changes.off(jobId, callback);
    },
    async next(jobId, signal) {
      await once(changes, jobId, { signal }).catch(() => {});
    },
  };
}

/** Announces a change; it is heard once the transaction commits. */
export async function announceJobChange(sql: Sql, jobId: string): Promise<void> {
  await raw`select pg_notify(${CHANNEL}, ${jobId})`.execute(sql);
}
