import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Record } from '../audit/change.ts';

/** Ends a key, and with it the temporary keys it minted. A key of another workspace is as unknown as none. */
export async function revokeApiKey(
  tx: Sql,
  record: Record,
  { workspaceId, apiKeyId }: { workspaceId: string; apiKeyId: string },
): Promise<void> {
  const revoked = await tx
    .updateTable('api_keys')
    .set({ revoked_at: new Date() })
    .where('api_key_id', '=', apiKeyId)
    .where('workspace_id', '=', workspaceId)
    .where('revoked_at', 'is', null)
    .returning('name')
    .executeTakeFirst();
  if (!revoked) throw new AppError('not_found', { detail: 'API key not found' });
  await record({ action: 'api_key.revoked', target: apiKeyId, workspaceId, details: revoked });
}
