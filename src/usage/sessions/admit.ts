import { sql as raw } from 'kysely';
import type { Sql } from '../../db/database.ts';
import { cutoffSince, standingKey } from '../credential.ts';
import { grantSlice } from './grant.ts';
import type { Admitted, NewSession, NotAdmitted, Refused } from './session.ts';

interface Terms {
  readonly nodeId: string;
  readonly nowMs: number;
  /** Of a workspace without a quota of its own. */
  readonly maxWorkspaceSessions: number;
}

/** Thrown out of the transaction, so that nothing of it remains. */
export class Refusal extends Error {
  readonly admission: NotAdmitted;

  constructor(refused: Refused, slots: { running: number; quota: number }) {
    super(refused);
    this.admission = { admitted: false, refused, ...slots };
  }
}

/**
 * Opens a session in the caller's transaction, in three statements, or throws a `Refusal`. Its limits are exact, on
 * however many nodes sessions are opened at once: those of a workspace are opened one after the other.
 */
export async function admit(tx: Sql, session: NewSession, terms: Terms): Promise<Admitted> {
  const { token } = session;
  const { nowMs } = terms;
  const workspace = await standingKey(tx, session.apiKeyId, nowMs, { inTurn: true })
    .select(['w.max_sessions', 'w.monthly_audio_hours'])
    .executeTakeFirst();
  if (!workspace) throw new Refusal('credential_over', { running: 0, quota: 0 });
  const asked = { sessions: 1, monthlyAudioHours: workspace.monthly_audio_hours, nowMs } as const;
  const slice = await grantSlice(tx, session, asked);
  const open = await insertSession(tx, session, terms, slice.seconds);
  if (open.is_over) throw new Refusal('credential_over', { running: 0, quota: 0 });

  const quota = workspace.max_sessions ?? terms.maxWorkspaceSessions;
  const refuse = (refused: Refused) => new Refusal(refused, { running: open.of_workspace, quota });
  if (token?.maxSessions !== undefined && slice.sessions > token.maxSessions)
    throw refuse('sessions_used_up');
  if (slice.seconds === 0) throw refuse('audio_used_up');
  const isFull = open.of_workspace >= quota || open.of_token >= (token?.maxConcurrent ?? quota);
  if (isFull) throw refuse('too_many_sessions');
  return { admitted: true, running: open.of_workspace + 1, quota, grantedSeconds: slice.seconds };
}

/** Inserts the row; returns what was there before it. */
async function insertSession(tx: Sql, session: NewSession, { nodeId, nowMs }: Terms, seconds: number) {
  const { environment, projectId, clientRef, token } = session;
  return tx
    .with('open', () => openSessions(tx, session, nodeId))
    .insertInto('realtime_sessions')
    .values({
      environment,
      session_id: session.sessionId,
      node_id: nodeId,
      workspace_id: session.workspaceId,
      project_id: projectId,
      api_key_id: session.apiKeyId,
      client_ref: clientRef,
      token_id: token?.tokenId ?? null,
      granted_seconds: seconds < Number.POSITIVE_INFINITY ? seconds : 0,
      granted_at: new Date(nowMs),
    })
    .returning((eb) => [
      eb.selectFrom('open').select('of_workspace').$asScalar().$notNull().as('of_workspace'),
      eb.selectFrom('open').select('of_token').$asScalar().$notNull().as('of_token'),
      token && clientRef !== null
        ? eb.exists(cutoffSince(tx, projectId, clientRef, token.issuedAtMs)).as('is_over')
        : eb.lit(false).as('is_over'),
    ])
    .executeTakeFirstOrThrow();
}

/** How many sessions of live nodes there are, of the workspace and of the temporary key. This node lives: it asks. */
const openSessions = (tx: Sql, { environment, workspaceId, token }: NewSession, nodeId: string) =>
  tx
    .selectFrom('realtime_sessions as s')
    .leftJoin('nodes as n', 'n.node_id', 's.node_id')
    .where('s.environment', '=', environment)
    .where('s.workspace_id', '=', workspaceId)
    .where((eb) => eb.or([eb('s.node_id', '=', nodeId), eb('n.lease_until', '>', raw<Date>`now()`)]))
    .select([
      raw<number>`count(*)::integer`.as('of_workspace'),
      raw<number>`count(*) filter (where s.token_id = ${token?.tokenId ?? null})::integer`.as('of_token'),
    ]);
