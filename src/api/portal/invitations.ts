import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Invitations } from '../../identity/accounts/invitations.ts';
import { actorOf, personOf, signedIn, workspaceId } from '../guards/access.ts';
import { answers, isoMilliseconds } from '../responses.ts';
import { knownId } from '../text.ts';
import { DONE, Done, email, invitation, RoleSchema } from './people.ts';

interface Deps {
  readonly invitations: Invitations;
}

const Secret = Type.Object({ invitation }, { additionalProperties: false });
const NullableEmail = Type.Union([Type.String(), Type.Null()], {
  description: 'The only address that may use it; null: whoever has the link.',
});

export const lookUpInvitation = ({ invitations }: Deps) => ({
  schema: {
    summary: 'What an invitation leads to',
    body: Secret,
    response: answers(
      {
        200: Type.Object({
          workspace_name: Type.String(),
          role: RoleSchema,
          email: NullableEmail,
          is_first_account: Type.Boolean(),
        }),
      },
      'invitation_over',
    ),
  },
  async handler(request: FastifyRequest) {
    const offer = await invitations.lookUp((request.body as Static<typeof Secret>).invitation);
    return {
      workspace_name: offer.workspaceName,
      role: offer.role,
      email: offer.email,
      is_first_account: offer.isFirstAccount,
    };
  },
});

export const acceptInvitation = ({ invitations }: Deps) => ({
  schema: {
    summary: 'Join a workspace with the account that is signed in',
    body: Secret,
    response: answers({ 200: Type.Object({ workspace_id: Type.String() }) }, 'forbidden', 'invitation_over'),
  },
  async handler(request: FastifyRequest) {
    const { invitation: secret } = request.body as Static<typeof Secret>;
    const { account } = signedIn(request);
    return { workspace_id: (await invitations.accept(personOf(request), account, secret)).workspaceId };
  },
});

export const listInvitations = ({ invitations }: Deps) => ({
  schema: {
    summary: 'Invitations that were not used yet, newest first',
    response: answers({
      200: Type.Array(
        Type.Object({
          invitation_id: Type.String(),
          role: RoleSchema,
          email: NullableEmail,
          created_at: isoMilliseconds,
          expires_at: isoMilliseconds,
        }),
      ),
    }),
  },
  async handler(request: FastifyRequest) {
    return (await invitations.list(workspaceId(request))).map((one) => ({
      invitation_id: one.invitationId,
      role: one.role,
      email: one.email,
      created_at: one.createdAt.toISOString(),
      expires_at: one.expiresAt.toISOString(),
    }));
  },
});

const NewInvitation = Type.Object(
  { role: RoleSchema, email: Type.Optional(email) },
  { additionalProperties: false },
);

export const createInvitation = ({ invitations }: Deps) => ({
  schema: {
    summary: 'Make a link that lets one person into the workspace',
    body: NewInvitation,
    response: answers({
      201: Type.Object({
        invitation_id: Type.String(),
        invitation: Type.String({ description: 'The secret of the link, shown here and never again.' }),
        expires_at: isoMilliseconds,
      }),
    }),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const input = request.body as Static<typeof NewInvitation>;
    const made = await invitations.create(actorOf(request), workspaceId(request), input);
    reply.code(201);
    return {
      invitation_id: made.invitationId,
      invitation: made.secret,
      expires_at: made.expiresAt.toISOString(),
    };
  },
});

const InvitationParams = Type.Object({ workspace_id: Type.String(), invitation_id: Type.String() });

export const revokeInvitation = ({ invitations }: Deps) => ({
  schema: {
    summary: 'Revoke an invitation',
    params: InvitationParams,
    response: answers({ 200: Done }, 'not_found'),
  },
  async handler(request: FastifyRequest) {
    const { invitation_id } = request.params as Static<typeof InvitationParams>;
    const invitationId = knownId('inv', invitation_id, 'invitation');
    await invitations.revoke(actorOf(request), workspaceId(request), invitationId);
    return DONE;
  },
});
