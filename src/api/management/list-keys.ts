import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { ApiKeys } from '../../identity/api-keys/api-key.ts';
import { workspaceId } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { KeySchema, keyDetails } from './key-details.ts';

const Query = Type.Object({
  project_id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
});

export const listKeys = ({ apiKeys }: { apiKeys: ApiKeys }) => ({
  schema: {
    summary: 'List API keys, newest first; never their values',
    querystring: Query,
    response: answers({ 200: Type.Array(KeySchema) }, 'not_found'),
  },
  async handler(request: FastifyRequest) {
    const query = request.query as Static<typeof Query>;
    return (await apiKeys.list(workspaceId(request), query.project_id)).map(keyDetails);
  },
});
