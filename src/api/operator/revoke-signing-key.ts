import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Receipts } from '../../identity/nodes/receipt.ts';
import type { SigningKeys } from '../../identity/temporary-keys/signing-key.ts';
import { actorOf } from '../guards/access.ts';
import { Receipt, receiptDetails, receiptUntil, receiptWait } from '../management/receipt.ts';
import { answers } from '../responses.ts';
import { knownId } from '../text.ts';

interface Deps {
  readonly signingKeys: SigningKeys;
  readonly receipts: Receipts;
}

const Query = Type.Object({ wait: receiptWait });

export const revokeSigningKey = ({ signingKeys, receipts }: Deps) => ({
  schema: {
    summary: 'Revoke a signing key that was stolen: every temporary key it signed is over',
    params: Type.Object({ kid: Type.String() }),
    querystring: Query,
    response: answers({ 200: Type.Object({ status: Type.Literal('OK'), receipt: Receipt }) }, 'not_found'),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const { kid } = request.params as { kid: string };
    const { version } = await signingKeys.revoke(actorOf(request), knownId('sk', kid, 'signing key'));
    const receipt = await receipts.wait(version, receiptUntil(request, reply));
    return { status: 'OK', receipt: receiptDetails(receipt) };
  },
});
