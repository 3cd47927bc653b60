import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Jobs } from '../../../jobs/jobs.ts';
import { callerSignal } from '../../caller-signal.ts';
import { answers, content } from '../../responses.ts';
import { JobParams, jobId, jobScope } from '../parameters.ts';

export const getText = ({ jobs }: { jobs: Jobs }) => ({
  schema: {
    summary: 'The text of an alignment job, as it was sent',
    params: JobParams,
    response: answers(
      { 200: content('The text.', { 'text/plain': Type.String() }) },
      'job_not_found',
      'not_an_alignment',
      'file_expired',
    ),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const job = await jobs.find(jobScope(request), jobId(request));
    const text = await jobs.text(job, callerSignal(reply));
    reply.type('text/plain; charset=utf-8');
    return text;
  },
});
