import { sql as raw } from 'kysely';
import { newId, randomBase62 } from '../../base/ids.ts';
import type { Sql } from '../../db/database.ts';
import type { Role } from '../../db/tables.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Change, Record } from '../audit/change.ts';
import type { Actor } from '../audit/event.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { sha256Of } from '../secrets/secret.ts';
import type { Account } from './account.ts';

export interface Invitation {
  readonly invitationId: string;
  readonly role: Role;
  /** The only address that may use it; null: whoever has the link. */
  readonly email: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** What an invitation lets its holder into. */
export interface Offer {
  readonly workspaceId: string;
  readonly workspaceName: string;
  readonly role: Role;
  readonly email: string | null;
  readonly isFirstAccount: boolean;
}

/** Links into a workspace, good once and for some days. The secret of a link is returned once and never kept. */
export interface Invitations {
  create(
    actor: Actor,
    workspaceId: string,
    input: { role: Role; email?: string },
  ): Promise<{ invitationId: string; secret: string; expiresAt: Date }>;
  list(workspaceId: string): Promise<Invitation[]>;
  /** Throws `not_found`. */
  revoke(actor: Actor, workspaceId: string, invitationId: string): Promise<void>;
  /** Throws `invitation_over`. */
  lookUp(secret: string): Promise<Offer>;
  /** Makes the account a member. Throws `invitation_over`, or `forbidden` when it is for another address. */
  accept(actor: Actor, account: Account, secret: string): Promise<Offer>;
}

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly change: Change;
}

const DAYS_GOOD = 7;

export const createInvitations = ({ sql, pepper, change }: Deps): Invitations => ({
  create: async (actor, workspaceId, input) =>
    (
      await change(actor, async (tx, record) => {
        const made = await insertInvitation(tx, pepper, { ...input, workspaceId });
        const details = { role: input.role };
        await record({ action: 'invitation.created', target: made.invitationId, workspaceId, details });
        return made;
      })
    ).value,
  list: (workspaceId) =>
    sql
      .selectFrom('workspace_invitations')
      .select(['invitation_id as invitationId', 'role', 'email'])
      .select(['created_at as createdAt', 'expires_at as expiresAt'])
      .where('workspace_id', '=', workspaceId)
      .where('is_first_account', '=', false)
      .where('expires_at', '>', raw<Date>`now()`)
      .orderBy('created_at', 'desc')
      .execute(),
  async revoke(actor, workspaceId, invitationId) {
    await change(actor, async (tx, record) => {
      const { numDeletedRows } = await tx
        .deleteFrom('workspace_invitations')
        .where('invitation_id', '=', invitationId)
        .where('workspace_id', '=', workspaceId)
        .executeTakeFirst();
      if (numDeletedRows === 0n) throw new AppError('not_found', { detail: 'invitation not found' });
      await record({ action: 'invitation.revoked', target: invitationId, workspaceId });
    });
  },
  lookUp: (secret) => findOffer(sql, pepper, secret),
  accept: async (actor, account, secret) =>
    (await change(actor, (tx, record) => accept(tx, record, { pepper, account, secret }))).value,
});

/** Puts down a link; the caller records why. */
export async function insertInvitation(
  tx: Sql,
  pepper: Pepper,
  input: { workspaceId: string; role: Role; email?: string; isFirstAccount?: boolean },
): Promise<{ invitationId: string; secret: string; expiresAt: Date }> {
  const secret = randomBase62(33);
  const invitationId = newId('inv');
  const { expires_at } = await tx
    .insertInto('workspace_invitations')
    .values({
      invitation_id: invitationId,
      digest: pepper.digest(sha256Of(secret)),
      workspace_id: input.workspaceId,
      role: input.role,
      email: input.email?.toLowerCase() ?? null,
      is_first_account: input.isFirstAccount ?? false,
      expires_at: raw<Date>`now() + make_interval(days => ${DAYS_GOOD})`,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow();
  return { invitationId, secret, expiresAt: expires_at };
}

const selectOffer = (sql: Sql, pepper: Pepper, secret: string) =>
  sql
    .selectFrom('workspace_invitations as i')
    .innerJoin('workspaces as w', 'w.workspace_id', 'i.workspace_id')
    .where('i.digest', 'in', pepper.digests(sha256Of(secret)))
    .where('i.expires_at', '>', raw<Date>`now()`)
    .select(['i.invitation_id as invitationId', 'i.workspace_id as workspaceId', 'w.name as workspaceName'])
    .select(['i.role', 'i.email', 'i.is_first_account as isFirstAccount'])
    .executeTakeFirst();

async function findOffer(sql: Sql, pepper: Pepper, secret: string): Promise<Offer> {
  const offer = await selectOffer(sql, pepper, secret);
  if (!offer || (offer.isFirstAccount && (await countAccounts(sql)) > 0))
    throw new AppError('invitation_over');
  return offer;
}

async function accept(
  tx: Sql,
  record: Record,
  { pepper, account, secret }: { pepper: Pepper; account: Account; secret: string },
): Promise<Offer> {
  const offer = await selectOffer(tx, pepper, secret);
  // Not the accounts are counted here: others may be about to fail to accept the same invitation.
  if (!offer || (offer.isFirstAccount && (await hasMembers(tx)))) throw new AppError('invitation_over');
  if (offer.email !== null && offer.email !== account.email.toLowerCase()) {
    throw new AppError('forbidden', { detail: 'this invitation is for another email address' });
  }
  const { workspaceId, role, invitationId } = offer;
  await tx
    .insertInto('workspace_members')
    .values({ workspace_id: workspaceId, account_id: account.accountId, role })
    // Whoever is an admin already does not become less by it.
    .onConflict((conflict) =>
      conflict
        .columns(['workspace_id', 'account_id'])
        .doUpdateSet({ role })
        .where('workspace_members.role', '=', 'member'),
    )
    .execute();
  let used = tx.deleteFrom('workspace_invitations');
  used = offer.isFirstAccount
    ? used.where('is_first_account', '=', true)
    : used.where('invitation_id', '=', invitationId);
  await used.execute();
  await record({ action: 'member.joined', target: account.accountId, workspaceId, details: { role } });
  return offer;
}

/** Whether anybody belongs to any workspace. */
const hasMembers = async (sql: Sql): Promise<boolean> =>
  (await sql.selectFrom('workspace_members').select('role').limit(1).executeTakeFirst()) !== undefined;

export async function countAccounts(sql: Sql): Promise<number> {
  const { count } = await sql
    .selectFrom('accounts')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}
