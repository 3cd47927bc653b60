import { newId } from '../../base/ids.ts';
import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { createSecret } from '../secrets/secret.ts';
import type { KeyCache } from './key-cache.ts';

/** An API key as its owner sees it: never the secret. */
export interface ApiKey {
  readonly apiKeyId: string;
  readonly projectId: number;
  readonly name: string;
  readonly clientRef: string | null;
  readonly createdAt: Date;
}

export interface NewApiKey {
  readonly workspaceId: string;
  readonly projectId: number;
  readonly name: string;
  readonly clientRef?: string;
}

/** The life of API keys. */
export interface ApiKeys {
  create(input: NewApiKey): Promise<{ apiKeyId: string; secret: string }>;
  list(workspaceId: string, projectId?: number): Promise<ApiKey[]>;
  revoke(workspaceId: string, apiKeyId: string): Promise<void>;
}

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly keyCache: KeyCache;
}

export const createApiKeys = ({ sql, pepper, keyCache }: Deps): ApiKeys => ({
  create: (input) => createApiKey(sql, pepper, input),
  list: (workspaceId, projectId) => listApiKeys(sql, workspaceId, projectId),
  async revoke(workspaceId, apiKeyId) {
    await revokeApiKey(sql, workspaceId, apiKeyId);
    keyCache.drop(apiKeyId);
  },
});

/** Creates a key in a project of the workspace. The secret is returned here and can never be read again. */
export async function createApiKey(
  sql: Sql,
  pepper: Pepper,
  input: NewApiKey,
): Promise<{ apiKeyId: string; secret: string }> {
  const project = await sql
    .selectFrom('projects')
    .select('regions')
    .where('project_id', '=', input.projectId)
    .where('workspace_id', '=', input.workspaceId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!project) throw new AppError('not_found', { detail: 'project not found' });
  const secret = createSecret('api-key');
  const apiKeyId = newId('key');
  await sql
    .insertInto('api_keys')
    .values({
      api_key_id: apiKeyId,
      digest: pepper.digest(secret),
      workspace_id: input.workspaceId,
      project_id: input.projectId,
      name: input.name,
      client_ref: input.clientRef ?? null,
      regions: project.regions,
      expires_at: null,
      revoked_at: null,
    })
    .execute();
  return { apiKeyId, secret };
}

/** Live keys of the workspace, newest first; of one project when it is named. */
async function listApiKeys(sql: Sql, workspaceId: string, projectId?: number): Promise<ApiKey[]> {
  let query = sql
    .selectFrom('api_keys')
    .select(['api_key_id', 'project_id', 'name', 'client_ref', 'created_at'])
    .where('workspace_id', '=', workspaceId)
    .where('revoked_at', 'is', null);
  if (projectId !== undefined) query = query.where('project_id', '=', projectId);
  const rows = await query.orderBy('created_at', 'desc').orderBy('api_key_id').execute();
  return rows.map((row) => ({
    apiKeyId: row.api_key_id,
    projectId: row.project_id,
    name: row.name,
    clientRef: row.client_ref,
    createdAt: row.created_at,
  }));
}

/** Ends a key, and with it the temporary keys it minted. A key of another workspace is as unknown as none. */
async function revokeApiKey(sql: Sql, workspaceId: string, apiKeyId: string): Promise<void> {
  const result = await sql
    .updateTable('api_keys')
    .set({ revoked_at: new Date() })
    .where('api_key_id', '=', apiKeyId)
    .where('workspace_id', '=', workspaceId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) throw new AppError('not_found', { detail: 'API key not found' });
}
