import { sql as raw } from 'kysely';
import type { Sql } from '../../db/database.ts';
import { addToMonth, addToToken } from '../counters.ts';
import type { NewSession } from './session.ts';

/** Audio that is charged in advance at a time: as much as may be refused to others although it will not be used. */
const SLICE_SECONDS = 60;

interface Asked {
  /** Sessions to count for the temporary key. */
  readonly sessions: 0 | 1;
  /** The quota of the workspace. */
  readonly monthlyAudioHours: number | null;
  readonly nowMs: number;
}

interface Slice {
  /** What the temporary key has opened so far; 0 when that is not counted. */
  readonly sessions: number;
  /** 0: nothing is left. Infinite, and charged when the session ends: nothing limits its audio. */
  readonly seconds: number;
}

/**
 * Grants a session a slice of the audio that its temporary key and its workspace have left, or what is left of them.
 * It is charged to both at once, so several sessions together never have more than there is.
 */
export async function grantSlice(tx: Sql, session: NewSession, asked: Asked): Promise<Slice> {
  const { token } = session;
  const { sessions, monthlyAudioHours, nowMs } = asked;
  const tokenSeconds = token?.audioSeconds ?? Number.POSITIVE_INFINITY;
  const monthSeconds = monthlyAudioHours === null ? Number.POSITIVE_INFINITY : monthlyAudioHours * 3_600;
  const isLimited = Math.min(tokenSeconds, monthSeconds) < Number.POSITIVE_INFINITY;
  const isCounted = token?.maxSessions !== undefined || token?.audioSeconds !== undefined;
  if (!isLimited && !isCounted) return { sessions: 0, seconds: Number.POSITIVE_INFINITY };

  const audioSeconds = isLimited ? SLICE_SECONDS : 0;
  const sums = await addAll(tx, session, { sessions, audioSeconds, isLimited, isCounted, nowMs });
  if (!isLimited) return { sessions: sums.sessions, seconds: Number.POSITIVE_INFINITY };
  const excess = Math.max(sums.token_seconds - tokenSeconds, sums.month_seconds - monthSeconds, 0);
  const seconds = Math.max(0, SLICE_SECONDS - excess);
  await charge(tx, { ...session, tokenId: token?.tokenId }, seconds - SLICE_SECONDS, nowMs);
  return { sessions: sums.sessions, seconds };
}

interface Sums {
  readonly sessions: number;
  readonly token_seconds: number;
  readonly month_seconds: number;
}

interface Added {
  readonly sessions: number;
  readonly audioSeconds: number;
  readonly isCounted: boolean;
  readonly isLimited: boolean;
  readonly nowMs: number;
}

/** In one statement, because a client waits; in the order of `charge`, which is that of jobs. What is not counted is 0. */
async function addAll(tx: Sql, session: NewSession, added: Added): Promise<Sums> {
  const { environment, token } = session;
  const { sessions, audioSeconds, isCounted, isLimited, nowMs } = added;
  const ofToken =
    token && isCounted
      ? addToToken(tx, { environment, ...token }, { sessions, audioSeconds })
      : raw`select 0 as sessions, 0::double precision as audio_seconds`;
  const ofMonth = isLimited
    ? addToMonth(tx, session, { audioSeconds, atMs: nowMs })
    : raw`select 0::double precision as audio_seconds`;
  const { rows } = await raw<Sums>`with of_token as (${ofToken}), of_month as (${ofMonth})
    select (select sessions from of_token), (select audio_seconds from of_token) as token_seconds,
      (select audio_seconds from of_month) as month_seconds`.execute(tx);
  const [sums] = rows;
  if (!sums) throw new TypeError('counters return what they hold');
  return sums;
}

interface Charged {
  readonly environment: string;
  readonly workspaceId: string;
  readonly tokenId?: string | null | undefined;
}

/** Adds audio to what is counted for a workspace and, if that is counted, for a temporary key; less than 0: gives it back. */
export async function charge(tx: Sql, charged: Charged, audioSeconds: number, atMs: number): Promise<void> {
  if (audioSeconds === 0) return;
  const { environment, tokenId } = charged;
  if (typeof tokenId === 'string')
    await tx
      .updateTable('temporary_key_counters')
      .set((eb) => ({ audio_seconds: eb('audio_seconds', '+', audioSeconds) }))
      .where('environment', '=', environment)
      .where('token_id', '=', tokenId)
      .execute();
  await addToMonth(tx, charged, { audioSeconds, atMs }).execute();
}

/** Grants an open session another slice; returns the seconds granted in all, `undefined` when it is not open any more. */
export async function extendGrant(tx: Sql, session: NewSession, nowMs: number): Promise<number | undefined> {
  const { environment, sessionId } = session;
  const row = await tx
    .selectFrom('realtime_sessions as s')
    .innerJoin('workspaces as w', 'w.workspace_id', 's.workspace_id')
    .where('s.environment', '=', environment)
    .where('s.session_id', '=', sessionId)
    .select(['s.granted_seconds', 'w.monthly_audio_hours'])
    .forNoKeyUpdate(['s'])
    .executeTakeFirst();
  if (!row) return undefined;
  const asked = { sessions: 0, monthlyAudioHours: row.monthly_audio_hours, nowMs } as const;
  const { seconds } = await grantSlice(tx, session, asked);
  const grantedSeconds = row.granted_seconds + seconds;
  if (seconds > 0 && seconds < Number.POSITIVE_INFINITY)
    await tx
      .updateTable('realtime_sessions')
      .set({ granted_seconds: grantedSeconds, granted_at: new Date(nowMs) })
      .where('environment', '=', environment)
      .where('session_id', '=', sessionId)
      .execute();
  return grantedSeconds;
}
