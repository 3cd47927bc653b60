import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Receipts } from '../../identity/nodes/receipt.ts';
import type { ClientRefs } from '../../identity/workspaces/client-ref.ts';
import type { Erasures } from '../../jobs/erase.ts';
import { actorOf, workspaceId } from '../guards/access.ts';
import { Receipt, receiptDetails, receiptUntil, receiptWait } from '../management/receipt.ts';
import { answers } from '../responses.ts';
import { clientRef } from '../text.ts';
import { projectIdOf } from './project.ts';

interface Deps {
  readonly clientRefs: ClientRefs;
  readonly receipts: Receipts;
  readonly erasures: Erasures;
}

const Params = Type.Object({ project_id: Type.String(), client_ref: clientRef('The end user.') });
const Query = Type.Object({ wait: receiptWait });
const Answer = Type.Object({ status: Type.Literal('OK'), receipt: Receipt });

/** Ends what an end user holds, and nothing else: for a stolen phone. */
export const endClientRef = ({ clientRefs, receipts }: Deps) => ({
  schema: {
    summary: 'End the temporary keys one end user holds; keys minted after this work again',
    params: Params,
    querystring: Query,
    response: answers({ 200: Answer }, 'not_found'),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const version = await clientRefs.end(actorOf(request), target(request));
    return answerOf(receipts, version, request, reply);
  },
});

/** The right to be forgotten. */
export const eraseClientRef = ({ clientRefs, receipts, erasures }: Deps) => ({
  schema: {
    summary: 'Erase everything of one end user: keys bound to it, jobs, transcripts, usage',
    params: Params,
    querystring: Query,
    response: answers({ 200: Answer }, 'not_found'),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const version = await clientRefs.erase(actorOf(request), target(request));
    await erasures.run();
    return answerOf(receipts, version, request, reply);
  },
});

function target(request: FastifyRequest) {
  const { client_ref } = request.params as Static<typeof Params>;
  return { workspaceId: workspaceId(request), projectId: projectIdOf(request), clientRef: client_ref };
}

async function answerOf(receipts: Receipts, version: number, request: FastifyRequest, reply: FastifyReply) {
  const receipt = await receipts.wait(version, {
    ...receiptUntil(request, reply),
    workspaceId: workspaceId(request),
  });
  return { status: 'OK', receipt: receiptDetails(receipt) };
}
