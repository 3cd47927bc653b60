import { sql as raw, type Selectable } from 'kysely';
import type { Sql } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { recordUsage } from '../record.ts';
import { charge } from './grant.ts';
import type { SessionUsage } from './session.ts';

type SessionRow = Selectable<Tables['realtime_sessions']>;

/** What a node that is merely cut off from the database may take to come back, and go on with its sessions. */
const PATIENCE = raw<Date>`now() - interval '5 minutes'`;

/** Frees the slot of a session and counts what it used, in the caller's transaction; nothing if that is done already. */
export async function settleSession(
  tx: Sql,
  { environment, sessionId }: { environment: string; sessionId: string },
  used: SessionUsage,
  nowMs: number,
): Promise<void> {
  const row = await tx
    .deleteFrom('realtime_sessions')
    .where('environment', '=', environment)
    .where('session_id', '=', sessionId)
    .returningAll()
    .executeTakeFirst();
  if (row) await count(tx, row, used, nowMs);
}

/** Settles a session whose node died, with what that node last wrote of it. Returns false when there is none. */
export async function settleAbandoned(tx: Sql, nodeId: string, nowMs: number): Promise<boolean> {
  const row = await tx
    .deleteFrom('realtime_sessions')
    .where(({ eb, refTuple }) =>
      eb(
        refTuple('environment', 'session_id'),
        '=',
        abandoned(tx, nodeId).$asTuple('environment', 'session_id'),
      ),
    )
    .returningAll()
    .executeTakeFirst();
  if (!row) return false;
  const { language, operating_point, audio_seconds } = row;
  await count(tx, row, { language, operatingPoint: operating_point, audioSeconds: audio_seconds }, nowMs);
  return true;
}

/** One of them; one that another node is about to settle is left to it. */
const abandoned = (tx: Sql, nodeId: string) =>
  tx
    .selectFrom('realtime_sessions as s')
    .where('s.node_id', '!=', nodeId)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('nodes as n')
            .whereRef('n.node_id', '=', 's.node_id')
            .where('n.lease_until', '>', PATIENCE)
            .select('n.node_id'),
        ),
      ),
    )
    .select(['s.environment', 's.session_id'])
    .limit(1)
    .forUpdate(['s'])
    .skipLocked();

async function count(tx: Sql, row: SessionRow, used: SessionUsage, nowMs: number): Promise<void> {
  const account = { environment: row.environment, workspaceId: row.workspace_id, tokenId: row.token_id };
  const due = used.audioSeconds - row.granted_seconds;
  // What was not used goes back to the month that was charged for it.
  await charge(tx, account, due, due < 0 ? row.granted_at.getTime() : nowMs);
  if (used.audioSeconds === 0) return;
  await recordUsage(tx, {
    ...used,
    environment: row.environment,
    workspaceId: row.workspace_id,
    projectId: row.project_id,
    apiKeyId: row.api_key_id,
    clientRef: row.client_ref,
    mode: 'real-time',
    type: 'transcription',
  });
}
