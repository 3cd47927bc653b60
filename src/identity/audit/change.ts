import { sql as raw } from 'kysely';
import type { Sql } from '../../db/database.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { type Actor, type AuditAction, type AuditEntry, textOf } from './event.ts';

/** What a change returned, and its number: a node that has applied this version knows of the change. */
export interface Changed<T> {
  readonly value: T;
  readonly version: number;
}

/** Adds an entry to the audit log, in the transaction of the change. */
export type Record = (entry: AuditEntry) => Promise<void>;

/**
 * The one way to change identity rows: one change at a time, its entries in the audit log in the same transaction.
 * Taking turns from the first statement is what keeps changes that touch the same rows from deadlocking, gives
 * versions the order of commits, and lets the log be a chain.
 */
export type Change = <T>(actor: Actor, work: (tx: Sql, record: Record) => Promise<T>) => Promise<Changed<T>>;

/** An entry that is in the log for good. Told elsewhere, it shows later that the log was not cut or put back. */
export interface WrittenEntry {
  readonly sequence: number;
  readonly action: AuditAction;
  /** Hexadecimal. */
  readonly hash: string;
}

/** @param onEntry is called for each entry once its change is committed. */
export const createChange =
  (sql: Sql, pepper: Pepper, onEntry: (entry: WrittenEntry) => void = () => {}): Change =>
  async (actor, work) => {
    const written: WrittenEntry[] = [];
    const changed = await sql.transaction().execute(async (tx) => {
      await ownHead(tx).forUpdate().executeTakeFirstOrThrow();
      const value = await work(tx, async (entry) => {
        written.push(await append(tx, pepper, actor, entry));
      });
      const { version } = await tx.selectFrom('identity_head').select('version').executeTakeFirstOrThrow();
      return { value, version };
    });
    for (const entry of written) onEntry(entry);
    return changed;
  };

/** The end of the log that this database writes. */
const ownHead = (tx: Sql) =>
  tx
    .selectFrom('audit_heads')
    .where('origin', '=', raw<string>`this_database()`)
    .select(['origin', 'sequence', 'hash']);

/** Adds one entry after the last one; the caller holds the lock on the head. */
async function append(tx: Sql, pepper: Pepper, actor: Actor, entry: AuditEntry): Promise<WrittenEntry> {
  const { origin, ...last } = await ownHead(tx).executeTakeFirstOrThrow();
  const row = {
    origin,
    sequence: last.sequence + 1,
    at: new Date(),
    actor_kind: actor.kind,
    actor_id: actor.id,
    workspace_id: entry.workspaceId ?? null,
    action: entry.action,
    target: entry.target,
    request_id: actor.requestId ?? null,
    address: actor.address ?? null,
    details: entry.details ?? {},
  };
  const hash = pepper.mac(last.hash, textOf(row));
  await tx
    .insertInto('audit_events')
    .values({ ...row, details: JSON.stringify(row.details), hash })
    .execute();
  await tx
    .updateTable('audit_heads')
    .set({ sequence: row.sequence, hash })
    .where('origin', '=', origin)
    .execute();
  return { sequence: row.sequence, action: entry.action, hash: hash.toString('hex') };
}
