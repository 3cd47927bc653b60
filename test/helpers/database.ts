import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Database, runRaw } from '../../src/db/database.ts';
import { openEmbedded } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openServer } from '../../src/db/server.ts';
import { newDatabase } from './postgres.ts';

export interface DatabaseUnderTest {
  open(options: { migrated: boolean }): Promise<Database>;
  close(): Promise<void>;
}

/** Fresh databases of one kind; `close` ends all that were opened. */
export async function openTestDatabases(kind: 'embedded' | 'server'): Promise<DatabaseUnderTest> {
  const opened: Database[] = [];
  const root = await mkdtemp(join(tmpdir(), 'parley-db-'));

  async function openOne(): Promise<Database> {
    if (kind === 'embedded') return openEmbedded(join(root, `db${opened.length}`));
    return openServer(await newDatabase(), pino({ level: 'silent' }));
  }

  return {
    async open({ migrated }) {
      const database = await openOne();
      opened.push(database);
      if (migrated) await migrate(database.sql);
      return database;
    },
    async close() {
      await Promise.all(opened.map((database) => database.close()));
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** As after the migrations; opening a database costs a second, emptying one does not. */
export async function emptyTables({ sql }: Database): Promise<void> {
  const tables = `workspaces, accounts, account_credentials, account_verifications, portal_sessions, workspace_members,
    workspace_invitations, projects, api_keys, admin_tokens, signing_keys, signing_key_secrets, api_key_last_used,
    client_ref_cutoffs, nodes, audit_events, refusals, temporary_key_counters, accepted_audio, usage_daily, erasures, jobs, outbound_calls,
    realtime_sessions`;
  await runRaw(sql, `truncate ${tables} restart identity`);
}
