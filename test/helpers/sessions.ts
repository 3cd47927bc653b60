import { sql as raw } from 'kysely';
import { pino } from 'pino';
import type { Database } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openServer } from '../../src/db/server.ts';
import { createSessionLedger, type SessionLedger } from '../../src/usage/sessions/ledger.ts';
import type { NewSession } from '../../src/usage/sessions/session.ts';
import { emptyTables, openTestDatabases } from './database.ts';
import { createTestClock, insertWorkspace } from './identity.ts';
import { newDatabase } from './postgres.ts';

const log = pino({ level: 'silent' });
/** Of the installation, for workspaces without a quota of their own. */
export const MAX_WORKSPACE_SESSIONS = 30;
export const NODES = ['node_1', 'node_2', 'node_3'] as const;
type NodeId = (typeof NODES)[number];
type Pace = NonNullable<Parameters<typeof createSessionLedger>[1]>;
/** Whatever the ledger does by itself, it does at once. */
export const FAST: Pace = { noteEveryMs: 20, sweepEveryMs: 20, retryAfterMs: 20, retryAtMostMs: 20 };

/** One database with three nodes on it, each with a ledger; on a server each has connections of its own. */
export async function openNodes(kind: 'embedded' | 'server') {
  const databases = await openDatabases(kind);
  const [database] = databases.all;
  const clock = createTestClock();
  const owner = { workspaceId: 'ws_test', projectId: 0 };
  const ledgers: SessionLedger[] = [];
  let sessionCount = 0;

  const insertNode = (nodeId: string) =>
    database.sql
      .insertInto('nodes')
      .values({ node_id: nodeId, environments: ['EU1'], lease_until: in1Hour, applied_version: 0 })
      .execute();

  return {
    /** Of the server. */
    url: databases.url,
    database,
    clock,
    owner,
    /** Nodes with a lease, and a workspace with an API key; nothing else. */
    async reset(): Promise<void> {
      await Promise.all(ledgers.splice(0).map((one) => one.stop()));
      await emptyTables(database);
      clock.nowMs = Date.parse('2026-01-31T12:00:00Z');
      Object.assign(owner, await insertWorkspace(database));
      await insertKey(database, 'key_1', owner);
      for (const nodeId of NODES) await insertNode(nodeId);
    },
    insertNode,
    /** A ledger of a node, until the next reset. */
    ledger(
      nodeId: NodeId | 'node_new',
      { pace, sql }: { pace?: Pace; sql?: Database['sql'] } = {},
    ): SessionLedger {
      const own = databases.all[NODES.indexOf(nodeId as NodeId)] ?? database;
      const deps = { clock, log, nodeId, maxWorkspaceSessions: MAX_WORKSPACE_SESSIONS };
      const made = createSessionLedger({ ...deps, sql: sql ?? own.sql }, pace);
      ledgers.push(made);
      return made;
    },
    session(more: Partial<NewSession> = {}): NewSession {
      sessionCount += 1;
      const sessionId = `session-${sessionCount}`;
      return { environment: 'EU1', sessionId, ...owner, apiKeyId: 'key_1', clientRef: null, ...more };
    },
    /** The node has not been heard of for so long. */
    async silence(nodeId: NodeId, ago: string): Promise<void> {
      const lease_until = raw<Date>`now() - ${ago}::interval`;
      await database.sql.updateTable('nodes').set({ lease_until }).where('node_id', '=', nodeId).execute();
    },
    async setQuota(values: {
      max_sessions?: number | null;
      monthly_audio_hours?: number | null;
    }): Promise<void> {
      await database.sql.updateTable('workspaces').set(values).execute();
    },
    traces: () => traces(database),
    async close(): Promise<void> {
      await Promise.all(ledgers.map((one) => one.stop()));
      await databases.close();
    },
  };
}

const in1Hour = raw<Date>`now() + interval '1 hour'`;

async function openDatabases(kind: 'embedded' | 'server') {
  if (kind === 'embedded') {
    const under = await openTestDatabases(kind);
    const database = await under.open({ migrated: true });
    return { url: undefined, all: [database, database, database] as const, close: () => under.close() };
  }
  const url = await newDatabase();
  const all = [await openServer(url, log), await openServer(url, log), await openServer(url, log)] as const;
  await migrate(all[0].sql);
  return { url, all, close: async () => void (await Promise.all(all.map((one) => one.close()))) };
}

export const insertKey = (
  { sql }: Database,
  keyId: string,
  owner: { workspaceId: string; projectId: number },
  more: { expires_at?: Date } = {},
) =>
  sql
    .insertInto('api_keys')
    .values({
      api_key_id: keyId,
      digest: Buffer.from(keyId),
      workspace_id: owner.workspaceId,
      project_id: owner.projectId,
      name: 'key',
      client_ref: null,
      regions: ['eu'],
      expires_at: null,
      revoked_at: null,
      rotated_from: null,
      ...more,
    })
    .execute();

/** All that a session may leave behind. */
async function traces({ sql }: Database) {
  const open = await sql
    .selectFrom('realtime_sessions')
    .select(raw<number>`count(*)::integer`.as('count'))
    .execute();
  return {
    open: open[0]?.count,
    counters: await sql
      .selectFrom('temporary_key_counters')
      .select(['environment', 'token_id', 'sessions', 'audio_seconds'])
      .orderBy('token_id')
      .execute(),
    audio: await sql
      .selectFrom('accepted_audio')
      .select(['environment', 'audio_seconds'])
      .orderBy('environment')
      .orderBy('month')
      .execute(),
    usage: await sql
      .selectFrom('usage_daily')
      .select(['client_ref', 'mode', 'type', 'language', 'operating_point', 'count', 'audio_seconds'])
      .orderBy('client_ref')
      .execute(),
  };
}
