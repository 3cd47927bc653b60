import { EventEmitter, once } from 'node:events';
import { sql as raw } from 'kysely';
import { deadline } from '../../base/abort.ts';
import type { Database, Sql } from '../../db/database.ts';
import { APPLIED_CHANNEL } from './heartbeat.ts';
import { servedEnvironments } from './served.ts';

/**
 * How far a change has come. `acknowledged`: the node has forgotten what it held before it. `silent`: its lease has
 * run out, so it uses nothing it holds. `waiting`: neither yet.
 */
export type NodeState = 'acknowledged' | 'silent' | 'waiting';

export interface Receipt {
  readonly version: number;
  /** No node uses what was true before: holds for every request whose first byte is sent from now on. */
  readonly complete: boolean;
  readonly environments: readonly {
    readonly environment: string;
    readonly complete: boolean;
    readonly nodes: readonly { readonly nodeId: string; readonly state: NodeState }[];
  }[];
}

export interface Receipts {
  /** The receipt of a change: as soon as it is complete, or as it is when the time is up or the signal aborts. */
  wait(version: number, durationMs: number, signal: AbortSignal): Promise<Receipt>;
}

/** An acknowledgement wakes whoever waits; this is for leases that run out, of which nobody tells. */
const POLL_EVERY_MS = 200;

export async function createReceipts(database: Database): Promise<Receipts> {
  const acknowledgements = new EventEmitter();
  acknowledgements.setMaxListeners(0);
  await database.listen({
    channel: APPLIED_CHANNEL,
    onMessage: () => acknowledgements.emit('applied'),
    onFeed: () => {},
  });

  async function completed(version: number, over: AbortSignal): Promise<Receipt> {
    for (;;) {
      const soon = deadline(POLL_EVERY_MS, over);
      try {
        const news = once(acknowledgements, 'applied', { signal: soon.signal }).catch(() => {});
        const receipt = await readReceipt(database, version);
        if (receipt.complete || over.aborted) return receipt;
        await news;
      } finally {
        soon.end();
      }
    }
  }

  return {
    async wait(version, durationMs, signal) {
      const limit = deadline(durationMs, signal);
      try {
        return await completed(version, limit.signal);
      } finally {
        limit.end();
      }
    },
  };
}

async function readReceipt({ sql }: Database, version: number): Promise<Receipt> {
  const rows = await sql
    .selectFrom('nodes as n')
    .leftJoin('environments as e', 'e.environment', 'n.origin')
    .leftJoin('environment_receipts as r', 'r.environment', 'e.environment')
    .select(['n.node_id', 'n.applied_version', servedEnvironments.as('environments')])
    // Leases run by the clock of the node's own database. An environment tells when none is left to wait for.
    .select(
      raw<boolean>`case when n.origin = this_database() then n.lease_until < now()
      else coalesce(r.applied_version >= ${version}, false) end`.as('is_silent'),
    )
    .where(raw<boolean>`n.origin = this_database() or e.environment is not null`)
    .orderBy('n.started_at')
    .orderBy('n.node_id')
    .execute();
  const nodes = rows.map((row) => ({
    nodeId: row.node_id,
    environments: row.environments,
    state: stateOf(row.applied_version >= version, row.is_silent),
  }));
  const away = await environmentsBehind(sql, version);
  const names = [...new Set([...nodes.flatMap((node) => node.environments), ...away])].sort();
  const isDone = (node: { state: NodeState }) => node.state !== 'waiting';
  return {
    version,
    complete: nodes.every(isDone) && away.length === 0,
    environments: names.map((environment) => {
      const own = nodes.filter((node) => node.environments.includes(environment));
      return {
        environment,
        complete: own.every(isDone) && !away.includes(environment),
        nodes: own.map(({ nodeId, state }) => ({ nodeId, state })),
      };
    }),
  };
}

/** Those with a database of their own that have not said yet that the change is applied everywhere there. */
async function environmentsBehind(sql: Sql, version: number): Promise<string[]> {
  const rows = await sql
    .selectFrom('environments as e')
    .leftJoin('environment_receipts as r', 'r.environment', 'e.environment')
    .where(raw<boolean>`coalesce(r.applied_version < ${version}, true)`)
    .select('e.environment')
    .execute();
  return rows.map(({ environment }) => environment);
}

function stateOf(hasApplied: boolean, isSilent: boolean): NodeState {
  if (hasApplied) return 'acknowledged';
  return isSilent ? 'silent' : 'waiting';
}
