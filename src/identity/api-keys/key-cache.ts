import { LRUCache } from 'lru-cache';
import type { Database, Sql } from '../../db/database.ts';
import type { CustomerType, Region } from '../../regions/topology.ts';

/** What authentication needs to know of an API key, its project and its workspace. */
export interface KeyRecord {
  readonly keyId: string;
  readonly workspaceId: string;
  readonly projectId: number;
  readonly clientRef: string | null;
  readonly regions: readonly Region[];
  readonly customerType: CustomerType;
  readonly temporaryKeysEnabled: boolean;
  readonly expiresAt: Date | null;
  /** The key or its project is gone. */
  readonly revoked: boolean;
}

/**
 * Key records in memory, read through from the database. A change of a row (told by NOTIFY) drops what is held of
 * it; a read that was under way at that moment is used by its caller but not kept, so it cannot put an old record
 * back.
 */
export interface KeyCache {
  /** A record held in memory, without waiting, by the fingerprint it was last found with. */
  peek(fingerprint: string): KeyRecord | undefined;
  byDigest(digest: Buffer, fingerprint: string): Promise<KeyRecord | undefined>;
  /** Forgets a key at once; other nodes are told by the database. */
  drop(keyId: string): void;
  byId(keyId: string): KeyRecord | undefined | Promise<KeyRecord | undefined>;
}

export async function createKeyCache(database: Database, maxKeys: number): Promise<KeyCache> {
  const records = new LRUCache<string, KeyRecord>({ max: maxKeys });
  const ids = new LRUCache<string, string>({ max: maxKeys });
  let generation = 0;
  let isLive = true;

  const drop = (keyId: string): void => {
    generation += 1;
    records.delete(keyId);
  };
  const forget = (payload: string): void => {
    const [table, id = ''] = payload.split(':');
    generation += 1;
    if (table === 'api_keys') records.delete(id);
    else if (table === 'projects' || table === 'workspaces') records.clear();
  };
  await database.listen({
    channel: 'identity_changed',
    onMessage: forget,
    // Without the feed nothing is kept: every look-up reads the database, so a revocation is never missed.
    onFeed: (live) => {
      isLive = live;
      generation += 1;
      records.clear();
    },
  });

  async function load(
    column: 'digest' | 'api_key_id',
    value: Buffer | string,
    fingerprint?: string,
  ): Promise<KeyRecord | undefined> {
    const started = generation;
    const record = await selectKey(database.sql, column, value);
    if (record && isLive && generation === started) {
      records.set(record.keyId, record);
      if (fingerprint !== undefined) ids.set(fingerprint, record.keyId);
    }
    return record;
  }

  return {
    peek: (fingerprint) => {
      const id = ids.get(fingerprint);
      return id === undefined ? undefined : records.get(id);
    },
    drop,
    byDigest: (digest, fingerprint) => load('digest', digest, fingerprint),
    byId: (keyId) => records.get(keyId) ?? load('api_key_id', keyId),
  };
}

async function selectKey(
  sql: Sql,
  column: 'digest' | 'api_key_id',
  value: Buffer | string,
): Promise<KeyRecord | undefined> {
  const row = await sql
    .selectFrom('api_keys as k')
    .innerJoin('projects as p', 'p.project_id', 'k.project_id')
    .innerJoin('workspaces as w', 'w.workspace_id', 'k.workspace_id')
    .where(`k.${column}`, '=', value)
    .select(['k.api_key_id', 'k.workspace_id', 'k.project_id', 'k.client_ref', 'k.regions'])
    .select(['k.expires_at', 'k.revoked_at', 'p.deleted_at', 'w.customer_type', 'w.temporary_keys_enabled'])
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    keyId: row.api_key_id,
    workspaceId: row.workspace_id,
    projectId: row.project_id,
    clientRef: row.client_ref,
    regions: row.regions as Region[],
    customerType: row.customer_type,
    temporaryKeysEnabled: row.temporary_keys_enabled,
    expiresAt: row.expires_at,
    revoked: row.revoked_at !== null || row.deleted_at !== null,
  };
}
