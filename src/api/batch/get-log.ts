import type { FastifyRequest } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import { answers } from '../responses.ts';
import { JobParams, jobId, jobScope } from './parameters.ts';

/** Logs are the operator's; the resource exists because clients know it. */
export const getLog = ({ jobs }: { jobs: Jobs }) => ({
  schema: { summary: 'The log of a job: not offered here', params: JobParams, response: answers({}) },
  async handler(request: FastifyRequest) {
    await jobs.find(jobScope(request), jobId(request));
    throw new AppError('not_implemented');
  },
});
