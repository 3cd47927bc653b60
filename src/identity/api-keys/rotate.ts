import { sql as raw } from 'kysely';
import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Record } from '../audit/change.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { createSecret, sha256Of } from '../secrets/secret.ts';
import { insertApiKey } from './create.ts';

/**
 * Makes a successor with the properties of a key. The old one, and the temporary keys it minted, end after
 * `graceSeconds`, or when they would have ended anyway if that is sooner. Throws `not_found` for a key that has
 * already ended.
 */
export async function rotateApiKey(
  tx: Sql,
  record: Record,
  pepper: Pepper,
  { workspaceId, apiKeyId, graceSeconds }: { workspaceId: string; apiKeyId: string; graceSeconds: number },
): Promise<{ apiKeyId: string; secret: string }> {
  const end = raw<Date>`least(expires_at, now() + make_interval(secs => ${graceSeconds}))`;
  const old = await tx
    .updateTable('api_keys')
    .set({ expires_at: end })
    .where('api_key_id', '=', apiKeyId)
    .where('workspace_id', '=', workspaceId)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', raw<Date>`now()`)]))
    .returning(['project_id', 'name', 'client_ref', 'keep_serving_hours'])
    .executeTakeFirst();
  if (!old) throw new AppError('not_found', { detail: 'API key not found' });
  const secret = createSecret('api-key');
  const successor = await insertApiKey(tx, {
    workspaceId,
    projectId: old.project_id,
    name: old.name,
    ...(old.client_ref !== null && { clientRef: old.client_ref }),
    keepServingHours: old.keep_serving_hours,
    digest: pepper.digest(sha256Of(secret)),
    rotatedFrom: apiKeyId,
  });
  const details = { successor, grace_seconds: graceSeconds };
  await record({ action: 'api_key.rotated', target: apiKeyId, workspaceId, details });
  return { apiKeyId: successor, secret };
}
