import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';

/** An API key as its owner sees it: never the secret. */
export interface ApiKey {
  readonly apiKeyId: string;
  readonly projectId: number;
  readonly name: string;
  readonly clientRef: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  /** Within the last seconds, as every environment has reported it. */
  readonly lastUsedAt: Date | null;
  readonly rotatedFrom: string | null;
  readonly isImported: boolean;
  readonly keepServingHours: number;
  /** The first characters of the secret; null for a key that was taken over. */
  readonly prefix: string | null;
}

/** Keys of the workspace that are not revoked, newest first; of one project when it is named. */
export async function listApiKeys(sql: Sql, workspaceId: string, projectId?: number): Promise<ApiKey[]> {
  if (projectId !== undefined) await requireProject(sql, workspaceId, projectId);
  let query = selectKeys(sql, workspaceId);
  if (projectId !== undefined) query = query.where('k.project_id', '=', projectId);
  const rows = await query.orderBy('k.created_at', 'desc').orderBy('k.api_key_id').execute();
  return rows.map(keyOfRow);
}

export async function findApiKey(sql: Sql, workspaceId: string, apiKeyId: string): Promise<ApiKey> {
  const row = await selectKeys(sql, workspaceId).where('k.api_key_id', '=', apiKeyId).executeTakeFirst();
  if (!row) throw new AppError('not_found', { detail: 'API key not found' });
  return keyOfRow(row);
}

/** A project of another workspace is as unknown as none. */
async function requireProject(sql: Sql, workspaceId: string, projectId: number): Promise<void> {
  const project = await sql
    .selectFrom('projects')
    .select('project_id')
    .where('project_id', '=', projectId)
    .where('workspace_id', '=', workspaceId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!project) throw new AppError('not_found', { detail: 'project not found' });
}

const selectKeys = (sql: Sql, workspaceId: string) =>
  sql
    .selectFrom('api_keys as k')
    .innerJoin('projects as p', 'p.project_id', 'k.project_id')
    .where('k.workspace_id', '=', workspaceId)
    .where('k.revoked_at', 'is', null)
    // Through these people act in the portal: nobody holds their secret.
    .where('k.account_id', 'is', null)
    .where('p.deleted_at', 'is', null)
    .select(['k.api_key_id', 'k.project_id', 'k.name', 'k.client_ref', 'k.created_at', 'k.expires_at'])
    .select(['k.rotated_from', 'k.is_imported', 'k.keep_serving_hours', 'k.prefix'])
    .select((eb) =>
      eb
        .selectFrom('api_key_last_used as u')
        .whereRef('u.api_key_id', '=', 'k.api_key_id')
        .select((inner) => inner.fn.max('u.last_used_at').as('at'))
        .as('last_used_at'),
    );

type KeyRow = Awaited<ReturnType<ReturnType<typeof selectKeys>['execute']>>[number];

const keyOfRow = (row: KeyRow): ApiKey => ({
  apiKeyId: row.api_key_id,
  projectId: row.project_id,
  name: row.name,
  clientRef: row.client_ref,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  rotatedFrom: row.rotated_from,
  isImported: row.is_imported,
  keepServingHours: row.keep_serving_hours,
  prefix: row.prefix,
});
