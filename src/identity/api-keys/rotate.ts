import { sql as raw } from 'kysely';
import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Record } from '../audit/change.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { createSecret, storedForm } from '../secrets/secret.ts';
import { insertApiKey } from './create.ts';

export interface Rotation {
  readonly workspaceId: string;
  readonly apiKeyId: string;
  readonly graceSeconds: number;
  /** When the successor ends; default: when the old key would have. */
  readonly expiresAt?: Date;
}

/**
 * Makes a successor with the properties of a key. The old one, and the temporary keys it minted, end after
 * `graceSeconds`, or when they would have ended anyway if that is sooner. Throws `not_found` for a key that has
 * already ended, and `conflict` for one whose successor lives: its end is that of the grace and no longer its own.
 */
export async function rotateApiKey(
  tx: Sql,
  record: Record,
  pepper: Pepper,
  { workspaceId, apiKeyId, graceSeconds, expiresAt }: Rotation,
): Promise<{ apiKeyId: string; secret: string }> {
  const old = await selectLiving(tx, workspaceId, apiKeyId);
  await requireFirst(tx, apiKeyId);
  await tx
    .updateTable('api_keys')
    .set({ expires_at: raw<Date>`least(expires_at, now() + make_interval(secs => ${graceSeconds}))` })
    .where('api_key_id', '=', apiKeyId)
    .execute();
  const successorEnd = expiresAt ?? old.expires_at;
  const secret = createSecret('api-key');
  const successor = await insertApiKey(tx, {
    workspaceId,
    projectId: old.project_id,
    name: old.name,
    ...(old.client_ref !== null && { clientRef: old.client_ref }),
    keepServingHours: old.keep_serving_hours,
    ...(successorEnd && { expiresAt: successorEnd }),
    ...storedForm(pepper, secret),
    rotatedFrom: apiKeyId,
  });
  const details = { successor, grace_seconds: graceSeconds };
  await record({ action: 'api_key.rotated', target: apiKeyId, workspaceId, details });
  return { apiKeyId: successor, secret };
}

async function selectLiving(tx: Sql, workspaceId: string, apiKeyId: string) {
  const key = await tx
    .selectFrom('api_keys as k')
    .innerJoin('projects as p', 'p.project_id', 'k.project_id')
    .where('k.api_key_id', '=', apiKeyId)
    .where('k.workspace_id', '=', workspaceId)
    .where('k.revoked_at', 'is', null)
    .where('k.account_id', 'is', null)
    .where('p.deleted_at', 'is', null)
    .where((eb) => eb.or([eb('k.expires_at', 'is', null), eb('k.expires_at', '>', raw<Date>`now()`)]))
    .select(['k.project_id', 'k.name', 'k.client_ref', 'k.keep_serving_hours', 'k.expires_at'])
    .executeTakeFirst();
  if (!key) throw new AppError('not_found', { detail: 'API key not found' });
  return key;
}

async function requireFirst(tx: Sql, apiKeyId: string): Promise<void> {
  const successor = await tx
    .selectFrom('api_keys')
    .select('api_key_id')
    .where('rotated_from', '=', apiKeyId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (successor) throw new AppError('conflict', { detail: 'this API key has been rotated already' });
}
