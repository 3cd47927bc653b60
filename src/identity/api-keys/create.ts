import { newId } from '../../base/ids.ts';
import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Record } from '../audit/change.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { createSecret, type StoredSecret, storedForm } from '../secrets/secret.ts';

/** What a key is made with, beside its secret. */
export interface KeyProperties {
  readonly name: string;
  /** The end user everything done with the key is narrowed to. */
  readonly clientRef?: string;
  readonly expiresAt?: Date;
  /** How long the key may be served from memory when the database cannot be reached, 0 to 168; default 0. */
  readonly keepServingHours?: number;
}

export interface NewApiKey extends KeyProperties {
  readonly workspaceId: string;
  readonly projectId: number;
}

/** Creates a key in a project of the workspace. */
export async function createApiKey(
  tx: Sql,
  record: Record,
  pepper: Pepper,
  input: NewApiKey,
): Promise<{ apiKeyId: string; secret: string }> {
  const secret = createSecret('api-key');
  const apiKeyId = await insertApiKey(tx, { ...input, ...storedForm(pepper, secret) });
  await record(entryOf('api_key.created', apiKeyId, input));
  return { apiKeyId, secret };
}

/**
 * Takes over a key of another system by its SHA-256, so that clients keep the secret they hold.
 * @param input.sha256 hexadecimal
 */
export async function importApiKey(
  tx: Sql,
  record: Record,
  pepper: Pepper,
  input: NewApiKey & { sha256: string },
): Promise<{ apiKeyId: string }> {
  const known = await tx
    .selectFrom('api_keys')
    .select('api_key_id')
    .where('digest', 'in', pepper.digests(input.sha256))
    .executeTakeFirst();
  if (known) throw new AppError('conflict', { detail: 'this key is already known' });
  const apiKeyId = await insertApiKey(tx, {
    ...input,
    digest: pepper.digest(input.sha256),
    isImported: true,
  });
  await record(entryOf('api_key.imported', apiKeyId, input));
  return { apiKeyId };
}

const entryOf = (action: 'api_key.created' | 'api_key.imported', target: string, input: NewApiKey) => ({
  action,
  target,
  workspaceId: input.workspaceId,
  details: { project_id: input.projectId, name: input.name },
});

interface KeyRow extends NewApiKey, Partial<Pick<StoredSecret, 'prefix'>> {
  readonly digest: Buffer;
  readonly isImported?: boolean;
  readonly rotatedFrom?: string;
  /** The person who alone acts through the key, in the portal. */
  readonly accountId?: string;
}

/** Throws `not_found` unless the project is one of the workspace. */
export async function insertApiKey(tx: Sql, input: KeyRow): Promise<string> {
  const project = await tx
    .selectFrom('projects')
    .select('regions')
    .where('project_id', '=', input.projectId)
    .where('workspace_id', '=', input.workspaceId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!project) throw new AppError('not_found', { detail: 'project not found' });
  const apiKeyId = newId('key');
  await tx
    .insertInto('api_keys')
    .values({
      api_key_id: apiKeyId,
      digest: input.digest,
      workspace_id: input.workspaceId,
      project_id: input.projectId,
      name: input.name,
      client_ref: input.clientRef ?? null,
      regions: project.regions,
      expires_at: input.expiresAt ?? null,
      revoked_at: null,
      is_imported: input.isImported ?? false,
      keep_serving_hours: input.keepServingHours ?? 0,
      rotated_from: input.rotatedFrom ?? null,
      prefix: input.prefix ?? null,
      account_id: input.accountId ?? null,
    })
    .execute();
  return apiKeyId;
}
