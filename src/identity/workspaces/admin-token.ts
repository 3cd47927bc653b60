import { newId } from '../../base/ids.ts';
import type { Sql } from '../../db/database.ts';
import {
  type ManagementPrincipal,
  type OperatorPrincipal,
  PERMISSIONS,
  type Permission,
} from '../principal.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { createSecret } from '../secrets/secret.ts';

/** Creates the operator token (no workspace) or a management token of a workspace; the secret is shown once. */
export async function createAdminToken(
  sql: Sql,
  pepper: Pepper,
  input: { name: string; workspaceId?: string; permissions?: readonly Permission[] },
): Promise<string> {
  const kind = input.workspaceId === undefined ? 'operator' : 'management';
  const secret = createSecret(`${kind}-token`);
  await sql
    .insertInto('admin_tokens')
    .values({
      admin_token_id: newId('tok'),
      digest: pepper.digest(secret),
      kind,
      workspace_id: input.workspaceId ?? null,
      name: input.name,
      permissions: [...(input.permissions ?? [])],
      revoked_at: null,
    })
    .execute();
  return secret;
}

/** Administration is rare, so its tokens are read from the database every time: revocation needs no cache to be told. */
export async function findAdminToken(
  sql: Sql,
  pepper: Pepper,
  secret: string,
): Promise<ManagementPrincipal | OperatorPrincipal | undefined> {
  const row = await sql
    .selectFrom('admin_tokens')
    .select(['admin_token_id', 'kind', 'workspace_id', 'permissions'])
    .where('digest', 'in', pepper.digests(secret))
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  if (row.workspace_id === null) return { kind: 'operator-token', tokenId: row.admin_token_id };
  return {
    kind: 'management-token',
    tokenId: row.admin_token_id,
    workspaceId: row.workspace_id,
    permissions: PERMISSIONS.filter((permission) => row.permissions.includes(permission)),
  };
}
