import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { OperatorTokens } from '../../identity/workspaces/operator-token.ts';
import { actorOf } from '../guards/access.ts';
import { answers, isoMilliseconds } from '../responses.ts';
import { knownId, printable } from '../text.ts';

interface Deps {
  readonly operatorTokens: OperatorTokens;
}

const Body = Type.Object({ name: printable(120, 'Name of the token.') }, { additionalProperties: false });
const TokenParams = Type.Object({ token_id: Type.String() });
const TokenSchema = Type.Object({
  token_id: Type.String(),
  name: Type.String(),
  token_prefix: Type.Optional(Type.String({ description: 'The first characters of the token.' })),
  created_at: isoMilliseconds,
});

export const createOperatorToken = ({ operatorTokens }: Deps) => ({
  schema: {
    summary: 'Create another operator token, which administers the installation like this one',
    body: Body,
    response: answers({
      201: Type.Object({
        token_value: Type.String({ description: 'The token, shown here and never again.' }),
        token_id: Type.String(),
      }),
    }),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const { name } = request.body as Static<typeof Body>;
    const { tokenId, secret } = await operatorTokens.create(actorOf(request), name);
    reply.code(201);
    return { token_value: secret, token_id: tokenId };
  },
});

export const listOperatorTokens = ({ operatorTokens }: Deps) => ({
  schema: {
    summary: 'List the operator tokens, newest first; never their values',
    response: answers({ 200: Type.Array(TokenSchema) }),
  },
  async handler() {
    return (await operatorTokens.list()).map((token) => ({
      token_id: token.tokenId,
      name: token.name,
      ...(token.prefix !== null && { token_prefix: token.prefix }),
      created_at: token.createdAt.toISOString(),
    }));
  },
});

export const revokeOperatorToken = ({ operatorTokens }: Deps) => ({
  schema: {
    summary: 'Revoke an operator token, also the one of this request; the last one stays (409)',
    params: TokenParams,
    response: answers({ 200: Type.Object({ status: Type.Literal('OK') }) }, 'not_found', 'conflict'),
  },
  async handler(request: FastifyRequest) {
    const { token_id } = request.params as Static<typeof TokenParams>;
    await operatorTokens.revoke(actorOf(request), knownId('tok', token_id, 'operator token'));
    return { status: 'OK' };
  },
});
