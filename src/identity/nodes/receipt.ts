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
  wait(version: number, until: Until): Promise<Receipt>;
}

interface Until {
  readonly durationMs: number;
  readonly signal: AbortSignal;
  /** Whose keys it is about; unset: it concerns all. Environments that never knew them are not waited for. */
  readonly workspaceId?: string;
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

  async function completed(version: number, over: AbortSignal, workspaceId?: string): Promise<Receipt> {
    for (;;) {
      const soon = deadline(POLL_EVERY_MS, over);
      try {
        const news = once(acknowledgements, 'applied', { signal: soon.signal }).catch(() => {});
        const receipt = await readReceipt(database, version, workspaceId);
        if (receipt.complete || over.aborted) return receipt;
        await news;
      } finally {
        soon.end();
      }
    }
  }

  return {
    async wait(version, { durationMs, signal, workspaceId }) {
      const limit = deadline(durationMs, signal);
      try {
        return await completed(version, limit.signal, workspaceId);
      } finally {
        limit.end();
      }
    },
  };
}

async function readReceipt({ sql }: Database, version: number, workspaceId?: string): Promise<Receipt> {
  const followed = await concerned(sql, workspaceId);
  const late = followed.filter(({ applied }) => applied === null || applied < version);
  const behind = new Set(late.map(({ environment }) => environment));
  const lateOrigins = new Set(late.map(({ origin }) => origin));
  const own = raw<boolean>`n.origin = this_database()`;
  const rows = await sql
    .selectFrom('nodes as n')
    .select(['n.node_id', 'n.applied_version', 'n.origin', servedEnvironments.as('environments')])
    .select([own.as('is_own'), raw<boolean>`n.lease_until < now()`.as('has_run_out')])
    .where((eb) => eb.or([own, eb('n.origin', 'in', ['', ...followed.map((one) => one.origin ?? '')])]))
    .orderBy('n.started_at')
    .orderBy('n.node_id')
    .execute();
  const nodes = rows.map((row) => ({
    nodeId: row.node_id,
    environments: row.environments,
    // Leases run by the clock of the node's own database. An environment tells when none is left to wait for.
    state: stateOf(
      row.applied_version >= version,
      row.is_own ? row.has_run_out : !lateOrigins.has(row.origin),
    ),
  }));
  const names = [...new Set([...nodes.flatMap((node) => node.environments), ...behind])].sort();
  const isDone = (node: { state: NodeState }) => node.state !== 'waiting';
  return {
    version,
    complete: nodes.every(isDone) && behind.size === 0,
    environments: names.map((environment) => {
      const serving = nodes.filter((node) => node.environments.includes(environment));
      return {
        environment,
        complete: serving.every(isDone) && !behind.has(environment),
        nodes: serving.map(({ nodeId, state }) => ({ nodeId, state })),
      };
    }),
  };
}

/**
 * Environments with a database of their own, and the change up to which each is done. Of a workspace, those that may
 * know its keys: of its regions, and of earlier ones until they have applied that it has left.
 */
function concerned(sql: Sql, workspaceId?: string) {
  const all = sql
    .selectFrom('environments as e')
    .leftJoin('environment_receipts as r', 'r.environment', 'e.environment')
    .select(['e.environment', 'r.origin', 'r.applied_version as applied']);
  if (workspaceId === undefined) return all.execute();
  return all
    .innerJoin('workspaces as w', (join) => join.on('w.workspace_id', '=', workspaceId))
    .where(raw<boolean>`e.region = any (w.regions) or coalesce(r.applied_version, 0) < w.regions_version`)
    .execute();
}

function stateOf(hasApplied: boolean, isSilent: boolean): NodeState {
  if (hasApplied) return 'acknowledged';
  return isSilent ? 'silent' : 'waiting';
}
