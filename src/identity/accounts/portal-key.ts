import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import { insertApiKey } from '../api-keys/create.ts';
import { selectKey } from '../api-keys/key-record.ts';
import type { Change } from '../audit/change.ts';
import type { Actor } from '../audit/event.ts';
import { apiKeyPrincipal } from '../authenticate.ts';
import type { AccountPrincipal, ProjectPrincipal } from '../principal.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { createSecret, storedForm } from '../secrets/secret.ts';

/**
 * The portal mints temporary keys like any customer: with an API key of the project. Each person has one of their own
 * there, whose secret nobody ever saw. When it is revoked, everything the person opened with it is over.
 */
export interface PortalKeys {
  /** The person as a caller of the project. Throws `not_found` for a project of another workspace. */
  minterFor(actor: Actor, person: AccountPrincipal, projectId: number): Promise<ProjectPrincipal>;
}

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly change: Change;
}

export const createPortalKeys = ({ sql, pepper, change }: Deps): PortalKeys => ({
  async minterFor(actor, { accountId, workspaceId }, projectId) {
    const find = (on: Sql) =>
      on
        .selectFrom('api_keys as k')
        .innerJoin('projects as p', 'p.project_id', 'k.project_id')
        .select('k.api_key_id')
        .where('k.account_id', '=', accountId)
        .where('k.project_id', '=', projectId)
        .where('k.workspace_id', '=', workspaceId)
        .where('k.revoked_at', 'is', null)
        .where('p.deleted_at', 'is', null)
        .executeTakeFirst();
    const known = (await find(sql))?.api_key_id;
    const keyId =
      known ??
      (
        await change(actor, async (tx, record) => {
          const made = (await find(tx))?.api_key_id;
          if (made !== undefined) return made;
          await requireMember(tx, accountId, workspaceId);
          const name = 'Portal';
          const properties = { workspaceId, projectId, name, accountId };
          const key = await insertApiKey(tx, {
            ...properties,
            ...storedForm(pepper, createSecret('api-key')),
          });
          const details = { project_id: projectId, name, account_id: accountId };
          await record({ action: 'api_key.created', target: key, workspaceId, details });
          return key;
        })
      ).value;
    const record = await selectKey(sql, 'api_key_id', [keyId]);
    if (!record || record.revoked) throw new AppError('not_found', { detail: 'project not found' });
    return apiKeyPrincipal(record);
  },
});

/** They may have been removed since the request came in, and what they had opened with them. */
async function requireMember(tx: Sql, accountId: string, workspaceId: string): Promise<void> {
  const member = await tx
    .selectFrom('workspace_members')
    .select('role')
    .where('account_id', '=', accountId)
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirst();
  if (!member) throw new AppError('not_found', { detail: 'workspace not found' });
}

/** Ends what a person has opened through the portal, everywhere or in one workspace. */
export async function revokePortalKeys(
  tx: Sql,
  { accountId, workspaceId }: { accountId: string; workspaceId?: string },
): Promise<void> {
  let keys = tx
    .updateTable('api_keys')
    .set({ revoked_at: new Date() })
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null);
  if (workspaceId !== undefined) keys = keys.where('workspace_id', '=', workspaceId);
  await keys.execute();
}
