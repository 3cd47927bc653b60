import { newId } from '../../base/ids.ts';
import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Change } from '../audit/change.ts';
import type { Actor } from '../audit/event.ts';
import {
  type ManagementPrincipal,
  type OperatorPrincipal,
  PERMISSIONS,
  type Permission,
} from '../principal.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { createSecret, sha256Of, storedForm } from '../secrets/secret.ts';

export interface ManagementToken {
  readonly tokenId: string;
  readonly name: string;
  readonly permissions: readonly Permission[];
  readonly createdAt: Date;
  /** The first characters of the secret; null for one made before they were kept. */
  readonly prefix: string | null;
}

export interface NewManagementToken {
  readonly workspaceId: string;
  readonly name: string;
  readonly permissions: readonly Permission[];
}

/** Management tokens of workspaces, for the operator. */
export interface ManagementTokens {
  create(actor: Actor, input: NewManagementToken): Promise<{ tokenId: string; secret: string }>;
  list(workspaceId: string): Promise<ManagementToken[]>;
  /** Throws `not_found`. */
  revoke(actor: Actor, workspaceId: string, tokenId: string): Promise<void>;
}

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly change: Change;
}

export const createManagementTokens = ({ sql, pepper, change }: Deps): ManagementTokens => ({
  create: async (actor, input) =>
    (
      await change(actor, async (tx, record) => {
        const created = await createAdminToken(tx, pepper, input);
        const { workspaceId, name, permissions } = input;
        const details = { name, permissions };
        await record({ action: 'management_token.created', target: created.tokenId, workspaceId, details });
        return created;
      })
    ).value,
  list: (workspaceId) => listAdminTokens(sql, workspaceId),
  async revoke(actor, workspaceId, tokenId) {
    await change(actor, async (tx, record) => {
      const revoked = await endAdminToken(tx, workspaceId, tokenId);
      if (!revoked) throw new AppError('not_found', { detail: 'management token not found' });
      await record({ action: 'management_token.revoked', target: tokenId, workspaceId, details: revoked });
    });
  },
});

/** Creates the operator token (no workspace) or a management token of a workspace; the secret is shown once. */
export async function createAdminToken(
  tx: Sql,
  pepper: Pepper,
  input: { name: string; workspaceId?: string; permissions?: readonly Permission[] },
): Promise<{ tokenId: string; secret: string }> {
  const kind = input.workspaceId === undefined ? 'operator' : 'management';
  const secret = createSecret(`${kind}-token`);
  const tokenId = newId('tok');
  await tx
    .insertInto('admin_tokens')
    .values({
      admin_token_id: tokenId,
      ...storedForm(pepper, secret),
      kind,
      workspace_id: input.workspaceId ?? null,
      name: input.name,
      permissions: [...(input.permissions ?? [])],
      revoked_at: null,
    })
    .execute();
  return { tokenId, secret };
}

/** Those that hold, newest first: of a workspace, or with `null` the operator's. */
export async function listAdminTokens(sql: Sql, workspaceId: string | null): Promise<ManagementToken[]> {
  const rows = await sql
    .selectFrom('admin_tokens')
    .select(['admin_token_id', 'name', 'permissions', 'created_at', 'prefix'])
    .where('workspace_id', 'is not distinct from', workspaceId)
    .where('revoked_at', 'is', null)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map((row) => ({
    tokenId: row.admin_token_id,
    name: row.name,
    permissions: permissionsOf(row.permissions),
    createdAt: row.created_at,
    prefix: row.prefix,
  }));
}

/** Ends one of them; returns its name, or nothing when there is none that holds. */
export const endAdminToken = (tx: Sql, workspaceId: string | null, tokenId: string) =>
  tx
    .updateTable('admin_tokens')
    .set({ revoked_at: new Date() })
    .where('admin_token_id', '=', tokenId)
    .where('workspace_id', 'is not distinct from', workspaceId)
    .where('revoked_at', 'is', null)
    .returning('name')
    .executeTakeFirst();

/** Administration is rare, so its tokens are read from the database every time: revocation needs no cache to be told. */
export async function findAdminToken(
  sql: Sql,
  pepper: Pepper,
  secret: string,
): Promise<ManagementPrincipal | OperatorPrincipal | undefined> {
  const row = await sql
    .selectFrom('admin_tokens')
    .select(['admin_token_id', 'kind', 'workspace_id', 'permissions'])
    .where('digest', 'in', pepper.digests(sha256Of(secret)))
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  if (row.workspace_id === null) return { kind: 'operator-token', tokenId: row.admin_token_id };
  return {
    kind: 'management-token',
    tokenId: row.admin_token_id,
    workspaceId: row.workspace_id,
    permissions: permissionsOf(row.permissions),
  };
}

const permissionsOf = (stored: readonly string[]): Permission[] =>
  PERMISSIONS.filter((permission) => stored.includes(permission));
