import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { ApiKeys } from '../../identity/api-keys/api-key.ts';
import { workspaceId } from '../guards/access.ts';
import { answers, isoMilliseconds } from '../responses.ts';

const Query = Type.Object({
  project_id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
});

const ApiKeySchema = Type.Object({
  apikey_id: Type.String(),
  name: Type.String(),
  created_at: isoMilliseconds,
  client_ref: Type.Optional(Type.String()),
});

export const listKeys = ({ apiKeys }: { apiKeys: ApiKeys }) => ({
  schema: {
    summary: 'List API keys, newest first; never their values',
    querystring: Query,
    response: answers({ 200: Type.Array(ApiKeySchema) }),
  },
  async handler(request: FastifyRequest) {
    const query = request.query as Static<typeof Query>;
    const keys = await apiKeys.list(workspaceId(request), query.project_id);
    return keys.map((key) => ({
      apikey_id: key.apiKeyId,
      name: key.name,
      created_at: key.createdAt.toISOString(),
      ...(key.clientRef !== null && { client_ref: key.clientRef }),
    }));
  },
});
