import { sleep } from '../../base/abort.ts';
import type { Link } from '../tables.ts';
import { id, literal, rowOf, rowsOf, SetupError, type Side } from './side.ts';

/** `missing`: there is none. `lost`: PostgreSQL has thrown away what it had to keep, because it was too much. */
export type SlotState = 'missing' | 'lost' | 'usable';

export async function slotState(publisher: Side, { slot }: Link): Promise<SlotState> {
  const [row] = await rowsOf<{ wal_status: string | null; database: string }>(
    publisher,
    `select wal_status, database from pg_replication_slots where slot_name = $1`,
    [slot],
  );
  if (!row) return 'missing';
  const { database } = await rowOf<{ database: string }>(publisher, `select current_database() as database`);
  if (row.database !== database) {
    throw new SetupError(`the slot ${slot} of ${publisher.name} belongs to the database "${row.database}"`);
  }
  return row.wal_status === 'lost' ? 'lost' : 'usable';
}

export const hasSubscription = async (subscriber: Side, { subscription }: Link): Promise<boolean> =>
  (await rowsOf(subscriber, `select 1 ${OF_THIS_DATABASE}`, [subscription])).length > 0;

/** Servers list the subscriptions of all their databases. */
const OF_THIS_DATABASE = `from pg_subscription s join pg_database d on d.oid = s.subdbid
  where d.datname = current_database() and s.subname = $1`;

/** Made apart from the subscription, because one statement cannot do both where the two databases share a server. */
export async function createSlot(publisher: Side, { slot }: Link): Promise<void> {
  await rowsOf(publisher, `select pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}

/**
 * Throws `SetupError`, and leaves nothing behind, when the publisher would send other tables than those expected: the
 * subscriber takes whatever it is sent.
 * @param options.isDurable what was applied is on disk before anybody here sees it, so that a crash of PostgreSQL does not
 * put it back; else the publisher sends it again
 */
export async function subscribe(
  subscriber: Side,
  publisher: Side,
  { subscription, slot }: Link,
  publication: string,
  { tables, copies, isDurable }: { tables: readonly string[]; copies: boolean; isDurable: boolean },
): Promise<void> {
  const link = { subscription, slot };
  await rowsOf(
    subscriber,
    `create subscription ${id(subscription)} connection ${literal(publisher.connection)}
       publication ${id(publication)} with (enabled = false, create_slot = false, slot_name = ${literal(slot)},
       copy_data = ${copies}, synchronous_commit = ${isDurable ? 'on' : 'off'})`,
  );
  if (await hasTables(subscriber, link, tables)) {
    await rowsOf(subscriber, `alter subscription ${id(subscription)} enable`);
    return;
  }
  await unsubscribe(subscriber, link);
  throw new SetupError(
    `${publisher.name} publishes other tables than ${tables.join(', ')}: whoever changed ${publication} there is not to be trusted`,
  );
}

/** Whether a subscription brings these tables and no others. */
export async function hasTables(
  subscriber: Side,
  { subscription }: Link,
  tables: readonly string[],
): Promise<boolean> {
  const found = await rowsOf<{ table: string }>(
    subscriber,
    `select c.relname as table from pg_subscription_rel r join pg_class c on c.oid = r.srrelid
      where r.srsubid = (select s.oid ${OF_THIS_DATABASE})`,
    [subscription],
  );
  const known = new Set(found.map(({ table }) => table));
  return known.size === tables.length && tables.every((table) => known.has(table));
}

/**
 * Brings the link that is there up to date with the address. What is as it should be is left alone: PostgreSQL ends the
 * worker of a subscription that is altered, and waits some seconds before it starts the next.
 */
export async function renew(subscriber: Side, publisher: Side, { subscription }: Link): Promise<void> {
  const name = id(subscription);
  const { enabled, may_read: mayRead } = await rowOf<{ enabled: boolean; may_read: boolean }>(
    subscriber,
    `select s.subenabled as enabled, has_column_privilege('pg_subscription', 'subconninfo', 'select') as may_read
       ${OF_THIS_DATABASE}`,
    [subscription],
  );
  const connection = mayRead ? await connectionOf(subscriber, subscription) : undefined;
  if (connection !== publisher.connection) {
    await rowsOf(subscriber, `alter subscription ${name} connection ${literal(publisher.connection)}`);
  }
  if (!enabled) await rowsOf(subscriber, `alter subscription ${name} enable`);
}

/** Copies tables that a new version publishes. */
export const refresh = (subscriber: Side, { subscription }: Link) =>
  rowsOf(subscriber, `alter subscription ${id(subscription)} refresh publication with (copy_data = true)`);

async function connectionOf(subscriber: Side, subscription: string): Promise<string> {
  const { connection } = await rowOf<{ connection: string }>(
    subscriber,
    `select s.subconninfo as connection ${OF_THIS_DATABASE}`,
    [subscription],
  );
  return connection;
}

/** Without a word to the publisher, which may be gone. */
export async function unsubscribe(subscriber: Side, link: Link): Promise<void> {
  if (!(await hasSubscription(subscriber, link))) return;
  const name = id(link.subscription);
  await rowsOf(subscriber, `alter subscription ${name} disable`);
  await rowsOf(subscriber, `alter subscription ${name} set (slot_name = none)`);
  await rowsOf(subscriber, `drop subscription ${name}`);
}

const DROP_LIMIT_MS = 15_000;
const ASK_EVERY_MS = 200;

/** Whoever still reads from it is cut off. */
export async function dropSlot(publisher: Side, { slot }: Link): Promise<void> {
  const untilMs = performance.now() + DROP_LIMIT_MS;
  for (;;) {
    const [row] = await rowsOf<{ active_pid: number | null }>(
      publisher,
      `select active_pid from pg_replication_slots where slot_name = $1 and database = current_database()`,
      [slot],
    );
    if (!row) return;
    if (row.active_pid === null) {
      await rowsOf(publisher, `select pg_drop_replication_slot($1)`, [slot]);
      return;
    }
    if (performance.now() > untilMs)
      throw new SetupError(`the slot ${slot} of ${publisher.name} is still in use`);
    await rowsOf(publisher, `select pg_terminate_backend($1)`, [row.active_pid]);
    await sleep(ASK_EVERY_MS);
  }
}

/** PostgreSQL goes on trying; a way that was cut for a moment is no reason to give up. */
const FAILED_COPIES = 3;

/** Resolves once every table is copied; `onProgress` is told how many are. Throws `SetupError` when copying fails again and again. */
export async function copied(
  subscriber: Side,
  { subscription }: Link,
  onProgress: (done: number, of: number) => void,
): Promise<void> {
  for (let told = -1; ; ) {
    const { done, tables, failures } = await rowOf<{ done: number; tables: number; failures: number }>(
      subscriber,
      `select count(*) filter (where r.srsubstate = 'r')::integer as done, count(*)::integer as tables,
         (select f.sync_error_count from pg_stat_subscription_stats f where f.subid = min(r.srsubid))::integer as failures
         from pg_subscription_rel r where r.srsubid = (select s.oid ${OF_THIS_DATABASE})`,
      [subscription],
    );
    if (done !== told) onProgress(done, tables);
    told = done;
    if (done === tables) return;
    if (failures >= FAILED_COPIES) {
      throw new SetupError(
        `${subscriber.name} cannot copy ${tables - done} of ${tables} tables: the log of its PostgreSQL says why; then run this again`,
      );
    }
    await sleep(ASK_EVERY_MS);
  }
}
