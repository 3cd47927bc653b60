import type { Clock } from '../base/clock.ts';
import type { Sql } from '../db/database.ts';

/** Whose temporary key has used something. Its counter is in the environment the key is bound to. */
interface TokenAccount {
  readonly environment: string;
  readonly tokenId: string;
  readonly expiresAtMs: number;
}

interface WorkspaceAccount {
  readonly environment: string;
  readonly workspaceId: string;
}

/**
 * Adds to what a temporary key has used; returns the sums. The counter stays locked until the transaction ends, so
 * those who count take turns, and each knows all that came before it.
 */
export const addToToken = (
  tx: Sql,
  { environment, tokenId, expiresAtMs }: TokenAccount,
  { sessions, audioSeconds }: { sessions: number; audioSeconds: number },
) =>
  tx
    .insertInto('temporary_key_counters')
    .values({
      environment,
      token_id: tokenId,
      sessions,
      audio_seconds: audioSeconds,
      expires_at: new Date(expiresAtMs),
    })
    .onConflict((conflict) =>
      conflict.columns(['environment', 'token_id']).doUpdateSet((eb) => ({
        sessions: eb('temporary_key_counters.sessions', '+', sessions),
        audio_seconds: eb('temporary_key_counters.audio_seconds', '+', audioSeconds),
      })),
    )
    .returning(['sessions', 'audio_seconds']);

/** Adds to the audio of a workspace in the calendar month of `atMs`, in UTC; returns the sum and locks it likewise. */
export const addToMonth = (
  tx: Sql,
  { environment, workspaceId }: WorkspaceAccount,
  { audioSeconds, atMs }: { audioSeconds: number; atMs: number },
) =>
  tx
    .insertInto('accepted_audio')
    .values({
      environment,
      workspace_id: workspaceId,
      month: `${new Date(atMs).toISOString().slice(0, 7)}-01`,
      audio_seconds: audioSeconds,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['environment', 'workspace_id', 'month'])
        .doUpdateSet((eb) => ({ audio_seconds: eb('accepted_audio.audio_seconds', '+', audioSeconds) })),
    )
    .returning('audio_seconds');

const SWEEP_PAUSE_MS = 3_600_000;
/** An upload may end long after its key: its counter must still be there, or it would start again at nothing. */
const KEPT_AFTER_EXPIRY_MS = 86_400_000;

/** Removes counters of temporary keys that are over and have no session open, at most once an hour. */
export function createCounterSweep({ sql, clock }: { sql: Sql; clock: Clock }): () => Promise<void> {
  let sweptAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const nowMs = clock.now();
    if (nowMs < sweptAtMs + SWEEP_PAUSE_MS) return;
    sweptAtMs = nowMs;
    const endedBefore = new Date(nowMs - KEPT_AFTER_EXPIRY_MS);
    await sql
      .deleteFrom('temporary_key_counters as c')
      .where('c.expires_at', '<', endedBefore)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('realtime_sessions as s')
              .whereRef('s.environment', '=', 'c.environment')
              .whereRef('s.token_id', '=', 'c.token_id')
              .select('s.session_id'),
          ),
        ),
      )
      .execute();
  };
}
