import type { Sql } from '../../db/database.ts';
import type { Role } from '../../db/tables.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Change } from '../audit/change.ts';
import type { Actor } from '../audit/event.ts';
import type { Account } from './account.ts';
import { revokePortalKeys } from './portal-key.ts';

export interface Member extends Account {
  readonly role: Role;
  readonly joinedAt: Date;
}

/** A workspace as one of its members sees it. */
export interface Membership {
  readonly workspaceId: string;
  readonly name: string;
  readonly role: Role;
}

/** Who belongs to a workspace. It never loses its last admin while it has other members: `conflict`. */
export interface Members {
  workspacesOf(accountId: string): Promise<Membership[]>;
  roleOf(accountId: string, workspaceId: string): Promise<Role | undefined>;
  list(workspaceId: string): Promise<Member[]>;
  changeRole(actor: Actor, workspaceId: string, accountId: string, role: Role): Promise<void>;
  /** What the person has opened through the portal ends with it; API keys stay, they belong to the workspace. */
  remove(actor: Actor, workspaceId: string, accountId: string): Promise<void>;
}

export const createMembers = ({ sql, change }: { sql: Sql; change: Change }): Members => ({
  workspacesOf: (accountId) =>
    sql
      .selectFrom('workspace_members as m')
      .innerJoin('workspaces as w', 'w.workspace_id', 'm.workspace_id')
      .select(['m.workspace_id as workspaceId', 'w.name', 'm.role'])
      .where('m.account_id', '=', accountId)
      .orderBy('m.joined_at')
      .orderBy('m.workspace_id')
      .execute(),
  roleOf: async (accountId, workspaceId) =>
    (
      await sql
        .selectFrom('workspace_members')
        .select('role')
        .where('account_id', '=', accountId)
        .where('workspace_id', '=', workspaceId)
        .executeTakeFirst()
    )?.role,
  list: (workspaceId) =>
    sql
      .selectFrom('workspace_members as m')
      .innerJoin('accounts as a', 'a.id', 'm.account_id')
      .select(['a.id as accountId', 'a.name', 'a.email', 'm.role', 'm.joined_at as joinedAt'])
      .where('m.workspace_id', '=', workspaceId)
      .orderBy('m.joined_at')
      .orderBy('a.id')
      .execute(),
  async changeRole(actor, workspaceId, accountId, role) {
    await change(actor, async (tx, record) => {
      const { numUpdatedRows } = await tx
        .updateTable('workspace_members')
        .set({ role })
        .where('workspace_id', '=', workspaceId)
        .where('account_id', '=', accountId)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw memberNotFound();
      await requireAdmin(tx, workspaceId);
      await record({ action: 'member.changed', target: accountId, workspaceId, details: { role } });
    });
  },
  async remove(actor, workspaceId, accountId) {
    await change(actor, async (tx, record) => {
      const { numDeletedRows } = await tx
        .deleteFrom('workspace_members')
        .where('workspace_id', '=', workspaceId)
        .where('account_id', '=', accountId)
        .executeTakeFirst();
      if (numDeletedRows === 0n) throw memberNotFound();
      await requireAdmin(tx, workspaceId);
      await revokePortalKeys(tx, { accountId, workspaceId });
      await record({ action: 'member.removed', target: accountId, workspaceId });
    });
  },
});

const memberNotFound = () => new AppError('not_found', { detail: 'member not found' });

/** Throws `conflict` when a workspace has members but no admin among them. */
export async function requireAdmin(tx: Sql, workspaceId: string): Promise<void> {
  const members = await tx
    .selectFrom('workspace_members')
    .select('role')
    .where('workspace_id', '=', workspaceId)
    .execute();
  if (members.length > 0 && !members.some(({ role }) => role === 'admin')) {
    throw new AppError('conflict', { detail: 'a workspace needs an admin; make another member one first' });
  }
}
