import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Jobs } from '../../jobs/jobs.ts';
import { answers, content } from '../responses.ts';
import { JobParams, jobId, jobScope } from './parameters.ts';

export const getLog = ({ jobs }: { jobs: Jobs }) => ({
  schema: {
    summary: 'The log of a job: what was done with it, line by line, also while it runs',
    params: JobParams,
    response: answers(
      { 200: content('One line per event.', { 'text/plain': Type.String() }) },
      'job_not_found',
      'log_not_available',
      'file_expired',
    ),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const job = await jobs.find(jobScope(request), jobId(request));
    reply.type('text/plain; charset=utf-8');
    return jobs.log(job);
  },
});
