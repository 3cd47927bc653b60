import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { PERMISSIONS } from '../../identity/principal.ts';
import type { ManagementTokens } from '../../identity/workspaces/admin-token.ts';
import type { Workspaces } from '../../identity/workspaces/workspace.ts';
import { actorOf } from '../guards/access.ts';
import { answers, isoMilliseconds } from '../responses.ts';
import { knownId, printable } from '../text.ts';
import { WorkspaceParams, workspaceIdIn } from './workspace-details.ts';

interface Deps {
  readonly managementTokens: ManagementTokens;
  readonly workspaces: Workspaces;
}

const permissions = Type.Array(Type.Enum([...PERMISSIONS]), { minItems: 1, uniqueItems: true });
const Body = Type.Object(
  { name: printable(120, 'Name of the token.'), permissions },
  { additionalProperties: false },
);
const TokenParams = Type.Object({ workspace_id: Type.String(), token_id: Type.String() });
const TokenSchema = Type.Object({
  token_id: Type.String(),
  name: Type.String(),
  permissions,
  token_prefix: Type.Optional(Type.String({ description: 'The first characters of the token.' })),
  created_at: isoMilliseconds,
});

export const createManagementToken = ({ managementTokens, workspaces }: Deps) => ({
  schema: {
    summary: 'Create a management token of a workspace with some of the five permissions',
    params: WorkspaceParams,
    body: Body,
    response: answers(
      {
        201: Type.Object({
          token_value: Type.String({ description: 'The token, shown here and never again.' }),
          token_id: Type.String(),
        }),
      },
      'not_found',
    ),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const { workspaceId } = await workspaces.find(workspaceIdIn(request));
    const input = request.body as Static<typeof Body>;
    const { tokenId, secret } = await managementTokens.create(actorOf(request), { ...input, workspaceId });
    reply.code(201);
    return { token_value: secret, token_id: tokenId };
  },
});

export const listManagementTokens = ({ managementTokens, workspaces }: Deps) => ({
  schema: {
    summary: 'List the management tokens of a workspace, newest first; never their values',
    params: WorkspaceParams,
    response: answers({ 200: Type.Array(TokenSchema) }, 'not_found'),
  },
  async handler(request: FastifyRequest) {
    const { workspaceId } = await workspaces.find(workspaceIdIn(request));
    return (await managementTokens.list(workspaceId)).map((token) => ({
      token_id: token.tokenId,
      name: token.name,
      permissions: token.permissions,
      ...(token.prefix !== null && { token_prefix: token.prefix }),
      created_at: token.createdAt.toISOString(),
    }));
  },
});

export const revokeManagementToken = ({ managementTokens }: Deps) => ({
  schema: {
    summary: 'Revoke a management token',
    params: TokenParams,
    response: answers({ 200: Type.Object({ status: Type.Literal('OK') }) }, 'not_found'),
  },
  async handler(request: FastifyRequest) {
    const { token_id } = request.params as Static<typeof TokenParams>;
    const tokenId = knownId('tok', token_id, 'management token');
    await managementTokens.revoke(actorOf(request), workspaceIdIn(request), tokenId);
    return { status: 'OK' };
  },
});
