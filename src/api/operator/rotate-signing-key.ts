import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { SigningKeys } from '../../identity/temporary-keys/signing-key.ts';
import { actorOf } from '../guards/access.ts';
import { answers } from '../responses.ts';

export const rotateSigningKey = ({ signingKeys }: { signingKeys: SigningKeys }) => ({
  schema: {
    summary: 'Sign temporary keys with a new key from now on; those already out stay valid until they expire',
    response: answers({ 201: Type.Object({ kid: Type.String() }) }),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    reply.code(201);
    return { kid: await signingKeys.rotate(actorOf(request)) };
  },
});
