import { sql as raw } from 'kysely';
import { newId } from '../base/ids.ts';
import type { Sql } from '../db/database.ts';
import { createApiKey } from '../identity/api-keys/api-key.ts';
import { PERMISSIONS } from '../identity/principal.ts';
import type { Pepper } from '../identity/secrets/pepper.ts';
import { createAdminToken } from '../identity/workspaces/admin-token.ts';

/** The first credentials of an installation, shown once. Field names are the operator's contract. */
export interface Bootstrap {
  readonly api_key: string;
  readonly management_token: string;
  readonly operator_token: string;
  readonly project_id: number;
  readonly workspace_id: string;
}

/**
 * Makes the first workspace, its default project, one API key and the administration tokens, unless a workspace
 * exists. `keep` must store the secrets before it resolves; when it fails, nothing was made.
 */
export async function bootstrap(
  sql: Sql,
  pepper: Pepper,
  keep: (secrets: Bootstrap) => Promise<void>,
): Promise<void> {
  await sql.transaction().execute(async (tx) => {
    // Concurrent first starts take turns; the later ones find the workspace.
    await raw`lock table workspaces in exclusive mode`.execute(tx);
    const existing = await tx.selectFrom('workspaces').select('workspace_id').executeTakeFirst();
    if (existing) return;
    const workspaceId = newId('ws');
    const projectId = await insertWorkspace(tx, workspaceId);
    const { secret } = await createApiKey(tx, pepper, { workspaceId, projectId, name: 'First API key' });
    const management = { name: 'First management token', workspaceId, permissions: PERMISSIONS };
    await keep({
      api_key: secret,
      management_token: await createAdminToken(tx, pepper, management),
      operator_token: await createAdminToken(tx, pepper, { name: 'First operator token' }),
      project_id: projectId,
      workspace_id: workspaceId,
    });
  });
}

async function insertWorkspace(tx: Sql, workspaceId: string): Promise<number> {
  await tx
    .insertInto('workspaces')
    .values({
      workspace_id: workspaceId,
      name: 'Default workspace',
      customer_type: 'on-demand',
      regions: ['eu'],
      temporary_keys_enabled: true,
    })
    .execute();
  const { project_id } = await tx
    .insertInto('projects')
    .values({
      workspace_id: workspaceId,
      name: 'Default project',
      description: null,
      is_default: true,
      regions: ['eu'],
      deleted_at: null,
    })
    .returning('project_id')
    .executeTakeFirstOrThrow();
  return project_id;
}
