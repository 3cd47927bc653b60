import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import type { ApiKeys } from '../../identity/api-keys/api-key.ts';
import { actorOf, workspaceId } from '../guards/access.ts';
import { answers } from '../responses.ts';

export const revokeKey = ({ apiKeys }: { apiKeys: ApiKeys }) => ({
  schema: {
    summary: 'Revoke an API key, and with it the temporary keys it minted',
    params: Type.Object({ apikey_id: Type.String() }),
    response: answers({ 200: Type.Object({ status: Type.Literal('OK') }) }),
  },
  async handler(request: FastifyRequest) {
    const { apikey_id } = request.params as { apikey_id: string };
    if (!/^key_[a-z0-9]+$/.test(apikey_id)) throw new AppError('not_found', { detail: 'API key not found' });
    await apiKeys.revoke(actorOf(request), workspaceId(request), apikey_id);
    return { status: 'OK' };
  },
});
