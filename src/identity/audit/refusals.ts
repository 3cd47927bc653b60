import { sql as raw } from 'kysely';
import { sleep } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Sql } from '../../db/database.ts';
import type { Change } from './change.ts';
import { SYSTEM } from './event.ts';
import type { RefusalReason } from './explain.ts';
import { addAll, countOn, entryOf, type RefusedKey, type Tallies, tallyOf } from './tally.ts';

/** A request that the guards did not let pass. */
export interface RefusedRequest {
  readonly requestId: string;
  readonly method: string;
  /** The pattern of the route, never the URL. */
  readonly route: string;
  readonly status: number;
  readonly reason: RefusalReason;
  readonly address: string;
  /** The API key presented, or the one that minted the temporary key, when it is known. */
  readonly key?: RefusedKey;
}

/**
 * Refusals, kept for the owner of the key who asks why (`explain.ts`) and counted for the audit log. To note one costs
 * no statement and never fails: a flood of them is as cheap as it can be.
 */
export interface Refusals {
  note(refused: RefusedRequest): void;
  /** Writes what is waiting, so that it can be read. */
  flush(): Promise<void>;
  /** Writes what is waiting and what was counted, and stops. */
  stop(): Promise<void>;
}

interface Deps {
  readonly sql: Sql;
  readonly change: Change;
  readonly clock: Clock;
  readonly log: Logger;
}

const FLUSH_EVERY_MS = 1_000;
const FLUSHES_PER_TALLY = 60;
const FLUSHES_PER_CLEANING = 3_600;
const KEPT_DAYS = 7;
/** Waiting for one flush, which is one statement. */
const MAX_WAITING = 500;
/** Kept per tally: whoever is refused in a flood knows from the first ones, and junk takes little room of the others. */
const MAX_KEPT_OF_KEY = 100;
const MAX_KEPT_OF_UNKNOWN = 20;

export function createRefusals({ sql, change, clock, log }: Deps): Refusals {
  const stopping = new AbortController();
  let waiting: (RefusedRequest & { at: Date })[] = [];
  let tallies: Tallies = new Map();
  let flushing = Promise.resolve();

  /** After the one under way: whoever reads then finds what that one writes too. */
  const flush = (): Promise<void> => {
    flushing = flushing.catch(() => {}).then(write);
    return flushing;
  };

  async function write(): Promise<void> {
    const rows = waiting.map((one) => ({
      request_id: one.requestId,
      at: one.at,
      workspace_id: one.key?.workspaceId ?? null,
      api_key_id: one.key?.keyId ?? null,
      method: one.method,
      route: one.route,
      status: one.status,
      reason: one.reason,
      address: one.address,
    }));
    waiting = [];
    if (rows.length === 0) return;
    await sql
      .insertInto('refusals')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  /** One entry per tally. When the database is away, the counts go on until it is back. */
  async function writeTallies(): Promise<void> {
    const counted = tallies;
    tallies = new Map();
    if (counted.size === 0) return;
    try {
      await change(SYSTEM, async (_tx, record) => {
        for (const tally of counted.values()) await record(entryOf(tally));
      });
    } catch (error) {
      addAll(counted, tallies);
      tallies = counted;
      throw error;
    }
  }

  const clean = () =>
    sql
      .deleteFrom('refusals')
      .where('at', '<', raw<Date>`now() - make_interval(days => ${KEPT_DAYS})`)
      .execute();

  const warn = (error: Error) => log.warn({ reason: error.message }, 'refusals could not be written');

  async function run(): Promise<void> {
    for (let turn = 1; !stopping.signal.aborted; turn += 1) {
      await sleep(FLUSH_EVERY_MS, stopping.signal);
      await flush().catch(warn);
      if (turn % FLUSHES_PER_TALLY === 0) await writeTallies().catch(warn);
      if (turn % FLUSHES_PER_CLEANING === 1) await clean().catch(warn);
    }
  }
  const running = run();

  return {
    note(refused) {
      const tally = tallyOf(tallies, refused.key, refused.reason);
      countOn(tally, 1, [refused.address]);
      const mayKeep = refused.key ? MAX_KEPT_OF_KEY : MAX_KEPT_OF_UNKNOWN;
      if (tally.kept >= mayKeep || waiting.length >= MAX_WAITING) return;
      tally.kept += 1;
      waiting.push({ ...refused, at: new Date(clock.now()) });
    },
    flush: () => flush().catch(warn),
    async stop() {
      stopping.abort();
      await running;
      await flush().catch(warn);
      await writeTallies().catch(warn);
    },
  };
}
