import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Change } from '../audit/change.ts';
import type { Actor } from '../audit/event.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { createAdminToken, endAdminToken, listAdminTokens, type ManagementToken } from './admin-token.ts';

export type OperatorToken = Omit<ManagementToken, 'permissions'>;

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
  list: () => listAdminTokens(sql, null),
  async revoke(actor, tokenId) {
    await change(actor, async (tx, record) => {
      const revoked = await endAdminToken(tx, null, tokenId);
      if (!revoked) throw new AppError('not_found', { detail: 'operator token not found' });
      await requireOperatorToken(tx);
      await record({ action: 'operator_token.revoked', target: tokenId, details: revoked });
    });
  },
});

/** Changes take turns, so of two that would end the last two tokens the second one finds none left. */
async function requireOperatorToken(tx: Sql): Promise<void> {
  const [left] = await listAdminTokens(tx, null);
  if (left) return;
  throw new AppError('conflict', {
    detail: 'the last operator token cannot be revoked; create another one first',
  });
}
