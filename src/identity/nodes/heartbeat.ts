import { sql as raw } from 'kysely';
import { sleep } from '../../base/abort.ts';
import type { Database } from '../../db/database.ts';
import { betterOffset, type ClockOffset, measureOffset } from './clock-offset.ts';
import type { NodeRole } from './roles.ts';

interface Settings {
  readonly nodeId: string;
  readonly environments: Iterable<string>;
  readonly roles: Iterable<NodeRole>;
  readonly leaseMs: number;
}

/** What the last heartbeats have told. */
interface State {
  /** Every change up to this version has been applied to what is held in memory; negative: nothing may be held yet. */
  appliedVersion: number;
  /** The newest change heard of, applied or not. */
  knownVersion: number;
  leaseUntilMs: number;
  leaseUntilWallMs: number;
  lastCurrentMs: number;
  /** Of the database's clock. */
  clock: ClockOffset;
  /** By role. */
  otherNodes: NodeCounts;
  hasImportedKeys: boolean;
  hasMissedChanges: boolean;
}

type NodeCounts = { readonly [R in NodeRole]?: number };

interface Beat {
  readonly version: number;
  readonly now_ms: number;
  readonly other_nodes: NodeCounts;
  readonly has_imported_keys: boolean;
  readonly has_missed_changes: boolean;
}

/** Told to whoever waits for a receipt. */
export const APPLIED_CHANNEL = 'identity_applied';
/** How long news may be under way behind the answer of a heartbeat before it counts as missed. */
const LATE_NEWS_MS = 250;

/**
 * One statement: says that this node lives, and asks what it must know to go on using its memory. What the node has
 * acknowledged since the question was sent stays.
 */
const BEAT = `
  with me as (
    insert into nodes (node_id, environments, lease_until, applied_version, roles)
    values ($1, $2, now() + make_interval(secs => $3), $4, $5)
    on conflict (node_id) do update
      set lease_until = excluded.lease_until,
        applied_version = greatest(nodes.applied_version, excluded.applied_version)
    returning node_id
  )
  select h.version, extract(epoch from clock_timestamp())::float8 * 1000 as now_ms,
    (select coalesce(json_object_agg(role, nodes), '{}') from (
      select role, count(*)::integer as nodes from nodes, unnest(roles) as role
      where origin = this_database() and lease_until > now() and node_id <> $1 group by role) as live) as other_nodes,
    exists (select from api_keys where is_imported) as has_imported_keys,
    exists (select from environment_database where missed_at is not null) as has_missed_changes
  from identity_head h, me`;

export function createHeartbeat(database: Database, settings: Settings, forgetAll: () => void) {
  const { nodeId, environments, roles, leaseMs } = settings;
  const stopping = new AbortController();
  const state: State = {
    appliedVersion: -1,
    knownVersion: 0,
    leaseUntilMs: 0,
    leaseUntilWallMs: 0,
    lastCurrentMs: Date.now(),
    clock: { offsetMs: 0, errorMs: Number.POSITIVE_INFINITY },
    otherNodes: {},
    hasImportedKeys: false,
    hasMissedChanges: false,
  };
  let beating: Promise<void> | undefined;
  let loop: Promise<void> = Promise.resolve();
  let news: { version: number; heard: () => void } | undefined;
  let acknowledging: Promise<void> | undefined;
  let losses = 0;

  /** The wall clock counts too: the other one stands still while the machine sleeps. */
  const isCurrent = (): boolean =>
    performance.now() < state.leaseUntilMs && Date.now() < state.leaseUntilWallMs;

  async function beatOnce(): Promise<void> {
    const sentMs = performance.now();
    const sentWallMs = Date.now();
    const lossesBefore = losses;
    const values = [nodeId, [...environments], leaseMs / 1_000, state.appliedVersion, [...roles]];
    const [answer] = (await database.askFeed(BEAT, values)) as Beat[];
    if (!answer) throw new TypeError('the database holds no identity_head');
    if (losses !== lossesBefore) return;
    state.clock = betterOffset(state.clock, measureOffset(sentWallMs, answer.now_ms, Date.now()));
    state.otherNodes = answer.other_nodes;
    state.hasImportedKeys = answer.has_imported_keys;
    state.hasMissedChanges = answer.has_missed_changes;
    state.knownVersion = Math.max(state.knownVersion, answer.version);
    // A receipt may have counted as silent a node whose lease ran out while it asked, for a change it never hears of.
    if (state.appliedVersion < 0 || !isCurrent()) startOver(answer.version);
    else if (state.appliedVersion < answer.version) await catchUp(answer.version);
    if (losses !== lossesBefore) return;
    // Counted from the sending: the database, whose lease starts at its arrival, never thinks it shorter.
    state.leaseUntilMs = sentMs + leaseMs;
    state.leaseUntilWallMs = sentWallMs + leaseMs;
    state.lastCurrentMs = Date.now();
  }

  /** A change that is committed is announced at once; news that does not come has been missed. */
  async function catchUp(version: number): Promise<void> {
    const late = new AbortController();
    news = { version, heard: () => late.abort() };
    await sleep(LATE_NEWS_MS, late.signal);
    news = undefined;
    if (state.appliedVersion >= version) return;
    startOver(version);
  }

  function startOver(version: number): void {
    forgetAll();
    applied(version);
  }

  function applied(version: number): void {
    if (version <= state.appliedVersion) return;
    state.appliedVersion = version;
    if (news && version >= news.version) news.heard();
    acknowledging ??= acknowledge().finally(() => {
      acknowledging = undefined;
    });
  }

  /** Says what was applied, once for all the news that came meanwhile. A failure is made good by the next heartbeat. */
  async function acknowledge(): Promise<void> {
    for (let said = -1; said < state.appliedVersion && !stopping.signal.aborted; ) {
      said = state.appliedVersion;
      await raw`with me as (update nodes set applied_version = ${said} where node_id = ${nodeId} returning 1)
        select pg_notify(${APPLIED_CHANNEL}, '') from me`
        .execute(database.sql)
        .catch(() => {});
    }
  }

  const beat = (): Promise<void> => {
    beating ??= beatOnce().finally(() => {
      beating = undefined;
    });
    return beating;
  };

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sleep(leaseMs / 5, stopping.signal);
      if (!stopping.signal.aborted) await beat().catch(() => {});
    }
  }

  return {
    state: state as Readonly<State>,
    isCurrent,
    /** News came. After a reset it proves nothing of the news before it, so only a beat starts the count again. */
    heard(version: number) {
      state.knownVersion = Math.max(state.knownVersion, version);
      if (state.appliedVersion >= 0) applied(version);
    },
    /** Starts a beat, or joins the one under way. Rejects while the database cannot be reached. */
    async beat() {
      // The one under way may have been answered before what the caller has in mind.
      await beating?.catch(() => {});
      await beat();
    },
    /** The feed is gone: what is said from now on is missed, and an answer under way proves nothing any more. */
    lost() {
      losses += 1;
      state.leaseUntilMs = 0;
      state.appliedVersion = -1;
    },
    /** The feed is back. */
    restored() {
      void beat().catch(() => {});
    },
    async start() {
      await database.sql
        .deleteFrom('nodes')
        .where('lease_until', '<', raw<Date>`now() - interval '1 hour'`)
        .where('origin', '=', raw<string>`this_database()`)
        .execute();
      await beat();
      loop = run();
    },
    async stop() {
      stopping.abort();
      state.leaseUntilMs = 0;
      await loop;
      await beating?.catch(() => {});
      await acknowledging;
      await database.sql
        .deleteFrom('nodes')
        .where('node_id', '=', nodeId)
        .execute()
        .catch(() => {});
    },
  };
}
