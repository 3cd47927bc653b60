import type { Sql } from '../db/database.ts';

/**
 * The API key behind a caller (`k`) with its project (`p`) and workspace (`w`); no row when the key or the project is
 * over. Both stay locked until the transaction ends: what a revocation has not seen by then it finds among what was made.
 * @param inTurn whether others who ask so for the same workspace wait until then
 */
export function standingKey(tx: Sql, apiKeyId: string, nowMs: number, { inTurn = false } = {}) {
  const found = tx
    .selectFrom('api_keys as k')
    .innerJoin('projects as p', 'p.project_id', 'k.project_id')
    .innerJoin('workspaces as w', 'w.workspace_id', 'k.workspace_id')
    .where('k.api_key_id', '=', apiKeyId)
    .where('k.revoked_at', 'is', null)
    .where((eb) => eb.or([eb('k.expires_at', 'is', null), eb('k.expires_at', '>', new Date(nowMs))]))
    .where('p.deleted_at', 'is', null);
  // In the order in which changes of them take these locks (identity/workspaces), or the two would wait for each other.
  return (inTurn ? found.forNoKeyUpdate(['w']) : found).forShare(['p', 'k']);
}

/**
 * A row when the temporary keys of an end user were ended since this one was issued. Ask with `standingKey` locked: a
 * statement does not see what was committed while it waited for a lock.
 */
export const cutoffSince = (tx: Sql, projectId: number, clientRef: string, issuedAtMs: number) =>
  tx
    .selectFrom('client_ref_cutoffs')
    .where('project_id', '=', projectId)
    .where('client_ref', '=', clientRef)
    .where('not_before', '>=', new Date(issuedAtMs))
    .select('not_before');
