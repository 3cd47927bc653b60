import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { answers, content } from '../responses.ts';

export interface MetricsPage {
  readonly text: string;
  readonly contentType: string;
}

interface Deps {
  readonly metrics: { page(): Promise<MetricsPage> };
}

/** For Prometheus: figures of this node, none of which names anybody. */
export const getMetrics = ({ metrics }: Deps) => ({
  schema: {
    summary: 'Figures of this node for Prometheus',
    response: answers({
      200: content('Text exposition format 0.0.4.', { 'text/plain': Type.String() }),
    }),
  },
  async handler(_request: FastifyRequest, reply: FastifyReply) {
    const { text, contentType } = await metrics.page();
    reply.type(contentType);
    return text;
  },
});
