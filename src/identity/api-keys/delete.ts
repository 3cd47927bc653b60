import type { Sql } from '../../db/database.ts';

/** Removes the keys of a project, or those bound to one of its end users: they are unknown from then on. */
export async function deleteApiKeys(
  tx: Sql,
  { projectId, clientRef }: { projectId: number; clientRef?: string },
): Promise<void> {
  let keys = tx.deleteFrom('api_keys').where('project_id', '=', projectId);
  if (clientRef !== undefined) keys = keys.where('client_ref', '=', clientRef);
  const deleted = await keys.returning('api_key_id').execute();
  if (deleted.length === 0) return;
  await tx
    .deleteFrom('api_key_last_used')
    .where(
      'api_key_id',
      'in',
      deleted.map((row) => row.api_key_id),
    )
    .execute();
}
