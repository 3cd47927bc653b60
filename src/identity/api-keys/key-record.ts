import { sql as raw } from 'kysely';
import type { Sql } from '../../db/database.ts';
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
  readonly keepServingHours: number;
  /** End users whose temporary keys are over when they were minted before, in milliseconds since the epoch. */
  readonly cutoffs: ReadonlyMap<string, number> | undefined;
}

/** A record by the digest of its secret or by its id, as the database has it now. */
export async function selectKey(
  sql: Sql,
  column: 'digest' | 'api_key_id',
  values: readonly (Buffer | string)[],
): Promise<KeyRecord | undefined> {
  const row = await sql
    .selectFrom('api_keys as k')
    .innerJoin('projects as p', 'p.project_id', 'k.project_id')
    .innerJoin('workspaces as w', 'w.workspace_id', 'k.workspace_id')
    .where(`k.${column}`, 'in', values)
    .select(['k.api_key_id', 'k.workspace_id', 'k.project_id', 'k.client_ref', 'k.regions'])
    .select(['k.expires_at', 'k.revoked_at', 'k.keep_serving_hours'])
    .select(['p.deleted_at', 'w.customer_type', 'w.temporary_keys_enabled'])
    // No temporary key lives longer than a day, so older ends no longer matter.
    .select(
      raw<Record<string, number> | null>`(
        select json_object_agg(client_ref, extract(epoch from not_before) * 1000) from client_ref_cutoffs c
        where c.project_id = k.project_id and c.not_before > now() - interval '25 hours')`.as('cutoffs'),
    )
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    keyId: row.api_key_id,
    workspaceId: row.workspace_id,
    projectId: row.project_id,
    clientRef: row.client_ref,
    regions: row.regions,
    customerType: row.customer_type,
    temporaryKeysEnabled: row.temporary_keys_enabled,
    expiresAt: row.expires_at,
    revoked: row.revoked_at !== null || row.deleted_at !== null,
    keepServingHours: row.keep_serving_hours,
    cutoffs: row.cutoffs ? new Map(Object.entries(row.cutoffs)) : undefined,
  };
}
