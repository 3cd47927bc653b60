import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import type { Members } from '../../identity/accounts/members.ts';
import { authorize } from '../../identity/authorize.ts';
import { actorOf, signedIn, workspaceId } from '../guards/access.ts';
import { answers, isoMilliseconds } from '../responses.ts';
import { knownId } from '../text.ts';
import { DONE, Done, RoleSchema } from './people.ts';

interface Deps {
  readonly members: Members;
}

const Member = Type.Object({
  account_id: Type.String(),
  name: Type.String(),
  email: Type.String(),
  role: RoleSchema,
  joined_at: isoMilliseconds,
});

export const listMembers = ({ members }: Deps) => ({
  schema: { summary: 'Members of the workspace', response: answers({ 200: Type.Array(Member) }) },
  async handler(request: FastifyRequest) {
    return (await members.list(workspaceId(request))).map((member) => ({
      account_id: member.accountId,
      name: member.name,
      email: member.email,
      role: member.role,
      joined_at: member.joinedAt.toISOString(),
    }));
  },
});

const MemberParams = Type.Object({ workspace_id: Type.String(), account_id: Type.String() });
const Change = Type.Object({ role: RoleSchema }, { additionalProperties: false });

/** The member named by the path. */
const accountIdIn = (request: FastifyRequest): string =>
  knownId('acc', (request.params as Static<typeof MemberParams>).account_id, 'member');

export const changeMember = ({ members }: Deps) => ({
  schema: {
    summary: 'Change the role of a member',
    params: MemberParams,
    body: Change,
    response: answers({ 200: Done }, 'not_found', 'conflict'),
  },
  async handler(request: FastifyRequest) {
    const { role } = request.body as Static<typeof Change>;
    await members.changeRole(actorOf(request), workspaceId(request), accountIdIn(request), role);
    return DONE;
  },
});

export const removeMember = ({ members }: Deps) => ({
  schema: {
    summary: 'Remove a member, or leave the workspace oneself',
    params: MemberParams,
    response: answers({ 200: Done }, 'not_found', 'conflict'),
  },
  async handler(request: FastifyRequest) {
    const { principal } = request;
    if (!principal) throw new AppError('unauthenticated');
    const accountId = accountIdIn(request);
    if (accountId !== signedIn(request).account.accountId) authorize(principal, 'members:manage');
    await members.remove(actorOf(request), workspaceId(request), accountId);
    return DONE;
  },
});
