import type { Change } from '../audit/change.ts';
import type { Actor } from '../audit/event.ts';
import { requireAdmin } from './members.ts';
import { revokePortalKeys } from './portal-key.ts';

/** Removes an account with its credentials, sessions and memberships; a workspace it leaves keeps its keys and data. */
export async function deleteAccount(change: Change, actor: Actor, accountId: string): Promise<void> {
  await change(actor, async (tx, record) => {
    const left = await tx
      .deleteFrom('workspace_members')
      .where('account_id', '=', accountId)
      .returning('workspace_id')
      .execute();
    for (const { workspace_id } of left) await requireAdmin(tx, workspace_id);
    await revokePortalKeys(tx, { accountId });
    await tx.deleteFrom('accounts').where('id', '=', accountId).execute();
    for (const { workspace_id } of left) {
      await record({ action: 'member.removed', target: accountId, workspaceId: workspace_id });
    }
    await record({ action: 'account.deleted', target: accountId });
  });
}
