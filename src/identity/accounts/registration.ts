import { newId } from '../../base/ids.ts';
import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import { defaultRegion, type Region } from '../../regions/topology.ts';
import type { Change } from '../audit/change.ts';
import { type Actor, SYSTEM } from '../audit/event.ts';
import type { RegistrationMode } from '../options.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { insertWorkspace, ON_DEMAND_TERMS } from '../workspaces/workspace.ts';
import type { Account } from './account.ts';
import type { Accounts, Browser, NewAccount } from './accounts.ts';
import { deleteAccount } from './delete-account.ts';
import { countAccounts, type Invitations, insertInvitation } from './invitations.ts';
import type { Members } from './members.ts';

export interface Registration {
  readonly mode: RegistrationMode;
  needsFirstAccount(): Promise<boolean>;
  /**
   * Makes an account and a member of it: of the workspace it is invited to, else of a new one. Throws `forbidden`
   * when the mode does not allow it, `invitation_over`, or what `Accounts.create` throws; then nothing is left behind.
   */
  register(
    caller: Omit<Actor, 'kind' | 'id'>,
    browser: Browser,
    input: NewAccount & { invitation?: string },
  ): Promise<{ workspaceId: string; setCookies: readonly string[] }>;
  /** Gives a person who has come by a provider a workspace of their own, if they have none and the mode allows it. */
  settle(caller: Omit<Actor, 'kind' | 'id'>, account: Account): Promise<void>;
  /** The secret of a link to the first account; `undefined` when there is one. Older links stay good. */
  inviteFirst(): Promise<string | undefined>;
}

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly change: Change;
  readonly accounts: Accounts;
  readonly members: Members;
  readonly invitations: Invitations;
  readonly mode: RegistrationMode;
  /** Regions of the topology. */
  readonly regions: readonly Region[];
}

export function createRegistration({ sql, pepper, change, regions, ...deps }: Deps): Registration {
  const { accounts, members, invitations, mode } = deps;

  async function requireLeave(invitation: string | undefined, email: string): Promise<void> {
    if (invitation === undefined) {
      if (mode === 'open') return;
      throw new AppError('forbidden', { detail: 'an invitation is needed to make an account here' });
    }
    const offer = await invitations.lookUp(invitation);
    if (mode === 'closed' && !offer.isFirstAccount) {
      throw new AppError('forbidden', { detail: 'no accounts are made here' });
    }
    if (offer.email !== null && offer.email !== email.toLowerCase()) {
      throw new AppError('forbidden', { detail: 'this invitation is for another email address' });
    }
  }

  async function ownWorkspace(actor: Actor, name: string): Promise<string> {
    const region = defaultRegion(regions);
    if (region === undefined) throw new TypeError('the topology has no region');
    const terms = { ...ON_DEMAND_TERMS, name: `${name.slice(0, 100)}'s workspace`, regions: [region] };
    const { value } = await change(actor, async (tx, record) => {
      const { workspace } = await insertWorkspace(tx, record, newId('ws'), terms);
      const { workspaceId } = workspace;
      const member = { workspace_id: workspaceId, account_id: actor.id, role: 'admin' } as const;
      await tx.insertInto('workspace_members').values(member).execute();
      await record({ action: 'member.joined', target: actor.id, workspaceId, details: { role: 'admin' } });
      return workspaceId;
    });
    return value;
  }

  return {
    mode,
    needsFirstAccount: async () => (await countAccounts(sql)) === 0,
    async register(caller, browser, { invitation, ...input }) {
      await requireLeave(invitation, input.email);
      const { accountId, setCookies } = await accounts.create(browser, input);
      const actor: Actor = { ...caller, kind: 'account', id: accountId };
      try {
        if (invitation === undefined)
          return { workspaceId: await ownWorkspace(actor, input.name), setCookies };
        const account = { accountId, name: input.name, email: input.email };
        const { workspaceId } = await invitations.accept(actor, account, invitation);
        return { workspaceId, setCookies };
      } catch (error) {
        await deleteAccount(change, SYSTEM, accountId);
        throw error;
      }
    },
    async settle(caller, { accountId, name }) {
      if (mode !== 'open' || (await members.workspacesOf(accountId)).length > 0) return;
      await ownWorkspace({ ...caller, kind: 'account', id: accountId }, name);
    },
    async inviteFirst() {
      if ((await countAccounts(sql)) > 0) return undefined;
      const first = await sql
        .selectFrom('workspaces')
        .select('workspace_id as workspaceId')
        .orderBy('created_at')
        .orderBy('workspace_id')
        .executeTakeFirstOrThrow();
      return (await insertInvitation(sql, pepper, { ...first, role: 'admin', isFirstAccount: true })).secret;
    },
  };
}
