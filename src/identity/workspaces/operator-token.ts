import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Change } from '../audit/change.ts';
import type { Actor } from '../audit/event.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { createAdminToken } from './admin-token.ts';

export interface OperatorToken {
  readonly tokenId: string;
  readonly name: string;
  readonly createdAt: Date;
  /** The first characters of the secret; null for one made before they were kept. */
  readonly prefix: string | null;
}

/** Tokens that administer the installation. */
export interface OperatorTokens {
  create(actor: Actor, name: string): Promise<{ tokenId: string; secret: string }>;
  list(): Promise<OperatorToken[]>;
  /** Throws `not_found`, and `conflict` for the last one: nobody could make another over the API then. */
  revoke(actor: Actor, tokenId: string): Promise<void>;
}

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly change: Change;
}

export const createOperatorTokens = ({ sql, pepper, change }: Deps): OperatorTokens => ({
  create: async (actor, name) =>
    (
      await change(actor, async (tx, record) => {
        const created = await createAdminToken(tx, pepper, { name });
        await record({ action: 'operator_token.created', target: created.tokenId, details: { name } });
        return created;
      })
    ).value,
  list: async () => {
    const rows = await sql
      .selectFrom('admin_tokens')
      .select(['admin_token_id', 'name', 'created_at', 'prefix'])
      .where('kind', '=', 'operator')
      .where('revoked_at', 'is', null)
      .orderBy('created_at', 'desc')
      .execute();
    return rows.map((row) => ({
      tokenId: row.admin_token_id,
      name: row.name,
      createdAt: row.created_at,
      prefix: row.prefix,
    }));
  },
  async revoke(actor, tokenId) {
    await change(actor, async (tx, record) => {
      const revoked = await tx
        .updateTable('admin_tokens')
        .set({ revoked_at: new Date() })
        .where('admin_token_id', '=', tokenId)
        .where('kind', '=', 'operator')
        .where('revoked_at', 'is', null)
        .returning('name')
        .executeTakeFirst();
      if (!revoked) throw new AppError('not_found', { detail: 'operator token not found' });
      await requireOperatorToken(tx);
      await record({ action: 'operator_token.revoked', target: tokenId, details: revoked });
    });
  },
});

/** Changes take turns, so of two that would end the last two tokens the second one finds none left. */
async function requireOperatorToken(tx: Sql): Promise<void> {
  const left = await tx
    .selectFrom('admin_tokens')
    .select('admin_token_id')
    .where('kind', '=', 'operator')
    .where('revoked_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  if (left) return;
  throw new AppError('conflict', {
    detail: 'the last operator token cannot be revoked; create another one first',
  });
}
