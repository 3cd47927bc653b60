import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { type AuditRow, CONTROL_ORIGIN, textOf } from './event.ts';

/** An entry and its hash, hexadecimal: whoever notes it can later prove that the log still holds it. */
export interface ChainPoint {
  readonly sequence: number;
  readonly hash: string;
}

/**
 * The first thing that is wrong. `altered`: the entry is not what was written. `missing`: it is not there, but later
 * ones are. `reordered`: it was written as another one. `truncated`: the log ends before its noted end.
 * `rolled_back`: it is sound in itself, but not the log in which the expected point was noted.
 */
export interface AuditFault {
  readonly sequence: number;
  readonly kind: 'altered' | 'missing' | 'reordered' | 'truncated' | 'rolled_back';
  readonly detail: string;
}

/** Up to which entry the log is sound: its end, unless there is a fault. */
export interface AuditVerification extends ChainPoint {
  readonly ok: boolean;
  readonly fault?: AuditFault;
}

/** Entries held in memory at once. */
const BATCH = 1_000;
const START = Buffer.alloc(32);

/**
 * Walks the log from its first entry to its end. What is appended meanwhile is left to the next run.
 * Throws `not_found` where there is no log of this origin.
 * @param expected a point noted earlier, which shows whether the log was cut and regrown, or put back to an old state.
 */
export async function verifyAudit(
  sql: Sql,
  pepper: Pepper,
  { origin = CONTROL_ORIGIN, expected }: { origin?: string; expected?: ChainPoint } = {},
): Promise<AuditVerification> {
  const end = await readEnd(sql, origin);
  let last = { sequence: 0, hash: START };
  const result = (fault?: AuditFault): AuditVerification => ({
    ok: fault === undefined,
    sequence: last.sequence,
    hash: last.hash.toString('hex'),
    ...(fault && { fault }),
  });

  for (;;) {
    const rows = await readAfter(sql, origin, last.sequence, end.lastRow);
    for (const [index, row] of rows.entries()) {
      const fault = faultOf(pepper, last, row, rows.slice(index));
      if (fault) return result(fault);
      last = { sequence: row.sequence, hash: Buffer.from(row.hash) };
      if (expected?.sequence === last.sequence && expected.hash !== last.hash.toString('hex')) {
        return result(rolledBack(expected));
      }
    }
    if (rows.length < BATCH) break;
  }
  return result(faultOfEnd(last, end) ?? (expected && beyondEnd(expected, last)));
}

/** The noted end, and the last row there is, as of one instant. */
async function readEnd(
  sql: Sql,
  origin: string,
): Promise<{ sequence: number; hash: Buffer; lastRow: number }> {
  const row = await sql
    .selectFrom('audit_heads')
    .where('origin', '=', origin)
    .select(['sequence', 'hash'])
    .select((eb) =>
      eb
        .selectFrom('audit_events as e')
        .whereRef('e.origin', '=', 'audit_heads.origin')
        .select((inner) => inner.fn.max('e.sequence').as('last'))
        .as('last_row'),
    )
    .executeTakeFirst();
  if (!row) throw new AppError('not_found', { detail: 'there is no log of this environment' });
  return { sequence: row.sequence, hash: Buffer.from(row.hash), lastRow: row.last_row ?? 0 };
}

const readAfter = (sql: Sql, origin: string, sequence: number, last: number): Promise<AuditRow[]> =>
  sql
    .selectFrom('audit_events')
    .selectAll()
    .where('origin', '=', origin)
    .where('sequence', '>', sequence)
    .where('sequence', '<=', last)
    .orderBy('sequence')
    .limit(BATCH)
    .execute();

interface Link {
  readonly sequence: number;
  readonly hash: Buffer;
}

/** @param following the row and what comes after it in the batch */
function faultOf(
  pepper: Pepper,
  last: Link,
  row: AuditRow,
  following: readonly AuditRow[],
): AuditFault | undefined {
  const sequence = last.sequence + 1;
  if (row.sequence !== sequence) {
    return { sequence, kind: 'missing', detail: `the entry is gone; the next one is ${row.sequence}` };
  }
  if (pepper.isMac(row.hash, last.hash, textOf(row))) return undefined;
  const written = writtenAs(pepper, row, following);
  return written === undefined
    ? { sequence, kind: 'altered', detail: 'the entry is not what was written after the one before' }
    : { sequence, kind: 'reordered', detail: `the entry was written as ${written}` };
}

/** The number under which a row that does not fit was written, if it was moved within what is in memory. */
function writtenAs(pepper: Pepper, row: AuditRow, following: readonly AuditRow[]): number | undefined {
  for (const [index, other] of following.entries()) {
    const text = textOf({ ...row, sequence: other.sequence });
    // Of two neighbours that changed places, the one before is the one that now stands here.
    const before = [other, following[index - 1]].filter((one) => one !== undefined);
    if (before.some(({ hash }) => pepper.isMac(row.hash, hash, text))) return other.sequence;
  }
  return undefined;
}

function faultOfEnd(last: Link, end: { sequence: number; hash: Buffer }): AuditFault | undefined {
  if (last.sequence < end.sequence) {
    const detail = `the log ends at ${last.sequence}, but ${end.sequence} entries were written`;
    return { sequence: last.sequence + 1, kind: 'truncated', detail };
  }
  if (last.sequence > end.sequence || !last.hash.equals(end.hash)) {
    const detail = `the noted end, entry ${end.sequence}, is not the end of the log`;
    return { sequence: last.sequence, kind: 'altered', detail };
  }
  return undefined;
}

const beyondEnd = (expected: ChainPoint, last: Link): AuditFault | undefined =>
  expected.sequence > last.sequence ? rolledBack(expected) : undefined;

const rolledBack = ({ sequence }: ChainPoint): AuditFault => ({
  sequence,
  kind: 'rolled_back',
  detail: 'the log does not hold the expected entry: it was cut, or put back to an old state',
});
