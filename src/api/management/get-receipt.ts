import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import type { Receipts } from '../../identity/nodes/receipt.ts';
import { workspaceId } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { Receipt, receiptDetails, receiptUntil, receiptWait } from './receipt.ts';

const Params = Type.Object({ workspace_id: Type.String(), version: Type.String() });
const Query = Type.Object({ wait: receiptWait });

/** For a page that watches a change arrive. */
export const getReceipt = ({ receipts }: { readonly receipts: Receipts }) => ({
  schema: {
    summary: 'How far a change has come',
    params: Params,
    querystring: Query,
    response: answers({ 200: Receipt }, 'not_found'),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const { version } = request.params as Static<typeof Params>;
    if (!/^\d{1,15}$/.test(version)) throw new AppError('not_found', { detail: 'receipt not found' });
    const until = { ...receiptUntil(request, reply), workspaceId: workspaceId(request) };
    return receiptDetails(await receipts.wait(Number(version), until));
  },
});
