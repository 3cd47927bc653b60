import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Receipt as DomainReceipt } from '../../identity/nodes/receipt.ts';
import { callerSignal } from '../caller-signal.ts';

const MAX_WAIT_SECONDS = 30;

export const receiptWait = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: MAX_WAIT_SECONDS,
    description: 'Seconds to wait for every node to have applied the change. Default 0.',
  }),
);

/** How long the caller of a route with this parameter waits for a receipt. */
export const receiptUntil = (request: FastifyRequest, reply: FastifyReply) => {
  const { wait = 0 } = request.query as { wait?: number };
  return { durationMs: wait * 1_000, signal: callerSignal(reply) };
};

export const Receipt = Type.Object(
  {
    version: Type.Integer({ description: 'The number of the change.' }),
    complete: Type.Boolean({
      description: 'No node accepts what was ended in a request whose first byte is sent from now on.',
    }),
    environments: Type.Array(
      Type.Object({
        environment: Type.String(),
        complete: Type.Boolean(),
        nodes: Type.Array(
          Type.Object({
            node_id: Type.String(),
            state: Type.Enum(['acknowledged', 'silent', 'waiting'], {
              description: '`silent`: cut off for longer than its lease, so it uses nothing it remembers.',
            }),
          }),
        ),
      }),
    ),
  },
  { description: 'How far the change has come.' },
);

export const receiptDetails = ({ version, complete, environments }: DomainReceipt) => ({
  version,
  complete,
  environments: environments.map((one) => ({
    environment: one.environment,
    complete: one.complete,
    nodes: one.nodes.map(({ nodeId, state }) => ({ node_id: nodeId, state })),
  })),
});
