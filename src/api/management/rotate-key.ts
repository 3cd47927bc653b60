import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { ApiKeys } from '../../identity/api-keys/api-key.ts';
import { actorOf, workspaceId } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { futureInstant, instant } from './create-api-key.ts';
import { apiKeyId, KeyParams } from './key-details.ts';

const Body = Type.Object(
  {
    grace_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2_592_000,
        description: 'How long the old key stays valid, up to 30 days. Default 86400: one day.',
      }),
    ),
    expires_at: Type.Optional(instant('When the new key ends, RFC 3339. Default: when the old one would.')),
  },
  { additionalProperties: false },
);

const DEFAULT_GRACE_SECONDS = 86_400;

export const rotateKey = ({ apiKeys }: { apiKeys: ApiKeys }) => ({
  schema: {
    summary: 'Replace an API key: a new one with the same properties; the old one ends after a grace',
    params: KeyParams,
    body: Body,
    response: answers(
      {
        201: Type.Object({
          key_value: Type.String({ description: 'The new key, shown here and never again.' }),
          apikey_id: Type.String(),
        }),
      },
      'not_found',
      'conflict',
    ),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const { grace_seconds = DEFAULT_GRACE_SECONDS, expires_at } = (request.body ?? {}) as Static<typeof Body>;
    const created = await apiKeys.rotate(actorOf(request), {
      workspaceId: workspaceId(request),
      apiKeyId: apiKeyId(request),
      graceSeconds: grace_seconds,
      ...(expires_at !== undefined && { expiresAt: futureInstant(expires_at) }),
    });
    reply.code(201);
    return { key_value: created.secret, apikey_id: created.apiKeyId };
  },
});
