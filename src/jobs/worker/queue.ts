import { sql as raw } from 'kysely';
import PgBoss from 'pg-boss';
import type { Logger } from '../../base/log.ts';
import { type Database, runRaw, type Sql } from '../../db/database.ts';

const CHANNEL = 'job_queued';
/** `deadlock_detected` (PostgreSQL, appendix A). */
const DEADLOCK = '40P01';
const MAX_ATTEMPTS = 20;

/** A note that a job wants to be run. The job's row is the truth: a note for a job that needs no run is ignored. */
export interface Ticket {
  readonly ticketId: string;
  readonly environment: string;
  readonly jobId: string;
}

/** The jobs whose audio is in one store. */
export interface Queue {
  readonly storeId: string;
  /** Adds a ticket in the caller's transaction; a job that has waited before goes to the front. */
  send(tx: Sql, job: { environment: string; jobId: string; fairRank?: number }): Promise<void>;
  /** Takes up to `count` tickets off the queue, in the caller's transaction: rolled back, they are there again. */
  take(tx: Sql, count: number): Promise<Ticket[]>;
  /** Calls back when a ticket was added, and when one may have been missed. */
  onTicket(callback: () => void): Promise<void>;
  close(): Promise<void>;
}

export async function createQueue(database: Database, log: Logger, storeId: string): Promise<Queue> {
  const name = `run_job_${storeId}`;
  const boss = new PgBoss({ db: onConnectionOfItsOwn(database.sql), schedule: false });
  boss.on('error', (error) => log.error({ reason: error.message }, 'queue maintenance failed'));
  const close = () => boss.stop({ graceful: false });
  try {
    await boss.start();
    await untilNoDeadlock(() => boss.createQueue(name, optionsOf(name)));
  } catch (error) {
    // Its timers would keep the process alive.
    await close();
    throw error;
  }
  return {
    storeId,
    async send(tx, { environment, jobId, fairRank = 0 }) {
      await boss.send(name, { environment, jobId }, { db: executor(tx), priority: -fairRank });
      await raw`select pg_notify(${CHANNEL}, '')`.execute(tx);
    },
    async take(tx, count) {
      const db = executor(tx);
      const tickets = await boss.fetch<{ environment: string; jobId: string }>(name, {
        batchSize: count,
        db,
      });
      for (const { id } of tickets) await boss.complete(name, id, {}, { db });
      return tickets.map(({ id, data }) => ({ ticketId: id, ...data }));
    },
    onTicket: (callback) => database.listen({ channel: CHANNEL, onMessage: callback, onFeed: callback }),
    close,
  };
}

/** Retries are the job row's business (its lease and failed attempts), so a ticket is used once. */
const optionsOf = (name: string) => ({ name, retryLimit: 0, expireInHours: 23, retentionDays: 14 });

/** Servers that make their queues at the same time can wait for each other; who is stopped for that tries again. */
async function untilNoDeadlock(task: () => Promise<void>): Promise<void> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await task();
    } catch (error) {
      if ((error as { code?: unknown }).code !== DEADLOCK || attempts === MAX_ATTEMPTS) throw error;
    }
  }
}

/**
 * Its own statements open transactions that it never ends when one fails, as happens to servers that make its tables at
 * the same time; whoever is given such a connection next could do nothing with it.
 */
const onConnectionOfItsOwn = (sql: Sql): PgBoss.Db => ({
  executeSql: (text, values) =>
    sql.connection().execute(async (one) => {
      try {
        return await executor(one).executeSql(text, values);
      } catch (error) {
        await runRaw(one, 'rollback').catch(() => {});
        throw error;
      }
    }),
});

const executor = (sql: Sql): PgBoss.Db => ({
  executeSql: async (text, values) => ({ rows: [...(await runRaw(sql, text, values)).rows] }),
});
