import type { Clock } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import type { Database } from '../../db/database.ts';
import type { ClockOffset } from './clock-offset.ts';
import { createHeartbeat } from './heartbeat.ts';
import type { NodeRole } from './roles.ts';

/** A change of an identity row, as the feed tells it. */
export interface IdentityChange {
  readonly table: string;
  readonly id: string;
}

export interface IdentityListener {
  /** Forgets what is held of the row, before it returns. */
  onChange(change: IdentityChange): void;
  /** Forgets everything: changes may have been missed. */
  onReset(): void;
}

/**
 * This process as one of those that hold identity rows in memory. It may use them only while it is current: while the
 * database has answered on the connection that also brings the news, within the length of a lease. Whatever cuts
 * it off from the news therefore ends its use of memory by itself, and others know when (`receipt.ts`).
 */
export interface Node {
  readonly nodeId: string;
  /** Ask at the moment of use, after the last `await`. */
  isCurrent(): boolean;
  /** When the node was last current, by its own clock. */
  lastCurrentMs(): number;
  /** Nodes of this database with a role of this node's whose lease holds, this one included. */
  liveNodes(role: NodeRole): number;
  /** Whether any key was imported: only then can text without our format be a key. */
  hasImportedKeys(): boolean;
  /** True where changes were lost on their way from the control plane: what this database says of keys may be wrong. */
  hasMissedChanges(): boolean;
  /** The time of the database. */
  readonly clock: Clock;
  /** False: this machine's clock is so far from the database's that something is wrong with one of them. */
  hasTrustedClock(): boolean;
  /** What an operator watches. */
  figures(): NodeFigures;
  listen(listener: IdentityListener): void;
  /** Resolves once the node has applied everything committed before the call. */
  refresh(): Promise<void>;
  /** Leaves the list of nodes, so that no receipt waits for it. */
  stop(): Promise<void>;
}

export interface NodeFigures {
  /** Of the database's clock, from this machine's. */
  readonly clock: ClockOffset;
  /** Every change up to this one was applied here; negative while the feed is lost. */
  readonly appliedVersion: number;
  /** The newest change this node has heard of. */
  readonly knownVersion: number;
}

export interface NodeOptions {
  /** Names of the environments this process serves. */
  readonly environments: Iterable<string>;
  readonly roles: Iterable<NodeRole>;
  readonly leaseMs: number;
}

/** Temporary keys are judged by the database's time; a clock this far off is a fault of the machine. */
const MAX_CLOCK_OFFSET_MS = 5_000;

export async function startNode(database: Database, options: NodeOptions): Promise<Node> {
  const listeners: IdentityListener[] = [];
  const nodeId = newId('node');
  const heartbeat = createHeartbeat(database, { ...options, nodeId }, () => {
    for (const listener of listeners) listener.onReset();
  });

  await database.listen({
    channel: 'identity_changed',
    onMessage(payload) {
      const [table = '', id = '', version = ''] = payload.split(':');
      // Where changes come by replication, their number comes after them and alone.
      if (table !== '') for (const listener of listeners) listener.onChange({ table, id });
      heartbeat.heard(Number(version));
    },
    onFeed(isLive) {
      if (isLive) heartbeat.restored();
      else heartbeat.lost();
    },
  });
  await heartbeat.start();

  const { state } = heartbeat;
  return {
    nodeId,
    isCurrent: heartbeat.isCurrent,
    lastCurrentMs: () => state.lastCurrentMs,
    liveNodes: (role) => (state.otherNodes[role] ?? 0) + 1,
    hasImportedKeys: () => state.hasImportedKeys,
    hasMissedChanges: () => state.hasMissedChanges,
    clock: { now: () => Date.now() + state.clock.offsetMs },
    hasTrustedClock: () => Math.abs(state.clock.offsetMs) <= MAX_CLOCK_OFFSET_MS,
    figures: () => ({
      clock: state.clock,
      appliedVersion: state.appliedVersion,
      knownVersion: state.knownVersion,
    }),
    listen: (listener) => void listeners.push(listener),
    refresh: heartbeat.beat,
    stop: heartbeat.stop,
  };
}
