import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ApiKeys } from '../../identity/api-keys/api-key.ts';
import type { Receipts } from '../../identity/nodes/receipt.ts';
import { actorOf, workspaceId } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { apiKeyId, KeyParams } from './key-details.ts';
import { Receipt, receiptDetails, receiptUntil, receiptWait } from './receipt.ts';

interface Deps {
  readonly apiKeys: ApiKeys;
  readonly receipts: Receipts;
}

const Query = Type.Object({ wait: receiptWait });

export const revokeKey = ({ apiKeys, receipts }: Deps) => ({
  schema: {
    summary: 'Revoke an API key, and with it the temporary keys it minted',
    params: KeyParams,
    querystring: Query,
    response: answers({ 200: Type.Object({ status: Type.Literal('OK'), receipt: Receipt }) }, 'not_found'),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const { version } = await apiKeys.revoke(actorOf(request), workspaceId(request), apiKeyId(request));
    const receipt = await receipts.wait(version, {
      ...receiptUntil(request, reply),
      workspaceId: workspaceId(request),
    });
    return { status: 'OK', receipt: receiptDetails(receipt) };
  },
});
