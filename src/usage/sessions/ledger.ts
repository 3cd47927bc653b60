import { sql as raw } from 'kysely';
import { sleep } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { repeat } from '../../base/repeat.ts';
import type { Sql } from '../../db/database.ts';
import { isDatabaseAway } from '../../db/server.ts';
import { AppError } from '../../errors/app-error.ts';
import { createCounterSweep } from '../counters.ts';
import { admit, Refusal } from './admit.ts';
import { extendGrant } from './grant.ts';
import type { Admission, NewSession, SessionUsage } from './session.ts';
import { settleAbandoned, settleSession } from './settle.ts';
import { createTurns } from './turns.ts';

/**
 * The open real-time sessions of this node: who may have one, and what it has used. Their rows hold the slots of a
 * workspace for as long as the node lives; when it dies the others count what it last noted of them.
 */
export interface SessionLedger {
  /** Rejects, with `unavailable` when the database cannot be reached; nothing is open then. */
  open(session: NewSession): Promise<Admission>;
  /**
   * More audio for a session that was granted some: the seconds granted in all. The same as before: nothing is left.
   * Rejects as `open` does.
   */
  extend(sessionId: string): Promise<number>;
  /** What an open session has used so far, to be written within half a minute. */
  note(sessionId: string, used: SessionUsage): void;
  /**
   * Frees the slot of a session and counts what it used, once, however often it is called. Never rejects: what the
   * database does not take at once is tried again until the ledger stops.
   */
  end(sessionId: string, used: SessionUsage): Promise<void>;
  /** Tries a last time what is still to be written, and stops. Sessions that were not ended are left to other nodes. */
  stop(): Promise<void>;
}

interface Deps {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  /** The same as in the list of nodes. */
  readonly nodeId: string;
  /** Open sessions of a workspace in one environment, unless it has a quota of its own. */
  readonly maxWorkspaceSessions: number;
}

const PACE = { noteEveryMs: 30_000, sweepEveryMs: 60_000, retryAfterMs: 500, retryAtMostMs: 30_000 };

interface OpenSession {
  readonly session: NewSession;
  grantedSeconds: number;
  noted?: SessionUsage;
  written?: SessionUsage;
}

const NOTHING: SessionUsage = { language: '', operatingPoint: '', audioSeconds: 0 };

/** @param pace how often the ledger does what nobody asks it for */
export function createSessionLedger(deps: Deps, pace = PACE): SessionLedger {
  const { sql, clock, log, nodeId } = deps;
  const stopping = new AbortController();
  const sessions = new Map<string, OpenSession>();
  const ending = new Set<Promise<void>>();
  const sweepCounters = createCounterSweep(deps);
  const inTurn = createTurns();

  /** Whether the database has taken the end of a session. */
  async function settled(session: NewSession, used: SessionUsage): Promise<boolean> {
    try {
      await sql.transaction().execute((tx) => settleSession(tx, session, used, clock.now()));
      return true;
    } catch (error) {
      const { message } = error as Error;
      log.warn({ session: session.sessionId, reason: message }, 'the end of a session will be written again');
      return false;
    }
  }

  async function settleLater(session: NewSession, used: SessionUsage): Promise<void> {
    let pauseMs = pace.retryAfterMs;
    while (!stopping.signal.aborted) {
      await sleep(pauseMs, stopping.signal);
      if (await settled(session, used)) return;
      pauseMs = Math.min(2 * pauseMs, pace.retryAtMostMs);
    }
  }

  /** Resolves after the first attempt. */
  async function settle(session: NewSession, used: SessionUsage): Promise<void> {
    const first = settled(session, used);
    const done = first
      .then((isSettled) => (isSettled ? undefined : settleLater(session, used)))
      .finally(() => ending.delete(done));
    ending.add(done);
    await first;
  }

  async function open(session: NewSession): Promise<Admission> {
    let isAdmitted = false;
    try {
      // They wait for each other in any case: here they hold no connection that others need.
      const admission = await inTurn(session.workspaceId, () =>
        sql.transaction().execute(async (tx) => {
          const admitted = await admit(tx, session, { ...deps, nowMs: clock.now() });
          isAdmitted = true;
          return admitted;
        }),
      );
      sessions.set(session.sessionId, { session, grantedSeconds: admission.grantedSeconds });
      return admission;
    } catch (error) {
      if (error instanceof Refusal) return error.admission;
      // Nobody knows whether the commit was done: a row that is there would hold its slot for ever.
      if (isAdmitted) void settle(session, NOTHING);
      throw orUnavailable(error);
    }
  }

  async function writeNotes(): Promise<void> {
    const notes = [...sessions.values()].flatMap((one) =>
      one.noted && one.noted !== one.written ? [{ one, noted: one.noted }] : [],
    );
    if (notes.length === 0) return;
    await writeAll(sql, notes);
    for (const { one, noted } of notes) one.written = noted;
  }

  async function sweep(): Promise<void> {
    const settleOne = () => sql.transaction().execute((tx) => settleAbandoned(tx, nodeId, clock.now()));
    while (!stopping.signal.aborted && (await settleOne()));
    await sweepCounters();
  }

  const warn = ({ message }: Error) =>
    log.warn({ reason: message }, 'the ledger of sessions will be written again');
  const repeating = [repeat(pace.sweepEveryMs, sweep, warn), repeat(pace.noteEveryMs, writeNotes, warn)];

  return {
    open,
    async extend(sessionId) {
      const one = sessions.get(sessionId);
      if (!one) return 0;
      const granted = await sql
        .transaction()
        .execute((tx) => extendGrant(tx, one.session, clock.now()))
        .catch((error: unknown) => Promise.reject(orUnavailable(error)));
      one.grantedSeconds = granted ?? one.grantedSeconds;
      return one.grantedSeconds;
    },
    note(sessionId, used) {
      const one = sessions.get(sessionId);
      if (one) one.noted = used;
    },
    async end(sessionId, used) {
      const one = sessions.get(sessionId);
      sessions.delete(sessionId);
      if (one) await settle(one.session, used);
    },
    async stop() {
      stopping.abort();
      await Promise.all(repeating.map((one) => one.stop()));
      await writeNotes().catch(() => {});
      await Promise.all(ending);
    },
  };
}

const orUnavailable = (error: unknown): unknown =>
  isDatabaseAway(error) ? new AppError('unavailable', { retryAfterSeconds: 1, cause: error }) : error;

/** In one statement, however many there are. A session that has ended meanwhile is gone and stays so. */
async function writeAll(
  sql: Sql,
  notes: readonly { readonly one: OpenSession; readonly noted: SessionUsage }[],
): Promise<void> {
  await raw`update realtime_sessions as s
    set language = v.language, operating_point = v.operating_point, audio_seconds = v.audio_seconds
    from unnest(
      ${notes.map(({ one }) => one.session.environment)}::text[],
      ${notes.map(({ one }) => one.session.sessionId)}::text[],
      ${notes.map(({ noted }) => noted.language)}::text[],
      ${notes.map(({ noted }) => noted.operatingPoint)}::text[],
      ${notes.map(({ noted }) => noted.audioSeconds)}::double precision[]
    ) as v (environment, session_id, language, operating_point, audio_seconds)
    where s.environment = v.environment and s.session_id = v.session_id`.execute(sql);
}
