import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Accounts } from '../../identity/accounts/accounts.ts';
import type { Invitations } from '../../identity/accounts/invitations.ts';
import type { Workspaces } from '../../identity/workspaces/workspace.ts';
import { actorOf } from '../guards/access.ts';
import { email, RoleSchema } from '../portal/people.ts';
import { answers, isoMilliseconds } from '../responses.ts';
import { WorkspaceParams, workspaceIdIn } from './workspace-details.ts';

interface Deps {
  readonly accounts: Accounts;
  readonly invitations: Invitations;
  readonly workspaces: Workspaces;
  /** Where people open the portal, when that is said. */
  readonly portalUrl: string | undefined;
}

const link = Type.String({
  format: 'uri',
  description: 'To pass on; its secret is shown here and never again. Good once.',
});

/** The page of the portal that takes the secret, which is not part of what a browser asks a server for. */
const linkTo = (
  request: FastifyRequest,
  portalUrl: string | undefined,
  page: string,
  secret: string,
): string => `${portalUrl ?? `${request.protocol}://${request.host}`}/portal/${page}#${secret}`;

const NewInvitation = Type.Object(
  { role: Type.Optional(RoleSchema), email: Type.Optional(email) },
  { additionalProperties: false },
);

export const inviteToWorkspace = ({ invitations, workspaces, portalUrl }: Deps) => ({
  schema: {
    summary: 'Make a link that lets one person into a workspace; an admin unless another role is named',
    params: WorkspaceParams,
    body: NewInvitation,
    response: answers(
      { 201: Type.Object({ invitation_id: Type.String(), url: link, expires_at: isoMilliseconds }) },
      'not_found',
    ),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const { workspaceId } = await workspaces.find(workspaceIdIn(request));
    const { role = 'admin', ...input } = (request.body ?? {}) as Static<typeof NewInvitation>;
    const made = await invitations.create(actorOf(request), workspaceId, { role, ...input });
    reply.code(201);
    return {
      invitation_id: made.invitationId,
      url: linkTo(request, portalUrl, 'invitation', made.secret),
      expires_at: made.expiresAt.toISOString(),
    };
  },
});

const Forgotten = Type.Object({ email }, { additionalProperties: false });

export const allowPasswordReset = ({ accounts, portalUrl }: Deps) => ({
  schema: {
    summary: 'Make a link with which a person sets a new password, within a day',
    body: Forgotten,
    response: answers({ 201: Type.Object({ url: link }) }, 'not_found'),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const token = await accounts.allowReset(
      actorOf(request),
      (request.body as Static<typeof Forgotten>).email,
    );
    reply.code(201);
    return { url: linkTo(request, portalUrl, 'reset-password', token) };
  },
});
