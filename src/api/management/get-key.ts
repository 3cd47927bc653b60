import type { FastifyRequest } from 'fastify';
import type { ApiKeys } from '../../identity/api-keys/api-key.ts';
import { workspaceId } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { apiKeyId, KeyParams, KeySchema, keyDetails } from './key-details.ts';

export const getKey = ({ apiKeys }: { apiKeys: ApiKeys }) => ({
  schema: {
    summary: 'Get an API key; never its value',
    params: KeyParams,
    response: answers({ 200: KeySchema }, 'not_found'),
  },
  async handler(request: FastifyRequest) {
    return keyDetails(await apiKeys.find(workspaceId(request), apiKeyId(request)));
  },
});
