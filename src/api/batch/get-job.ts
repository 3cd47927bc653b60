import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { jobDetails } from '../../jobs/job.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import { callerSignal } from '../caller-signal.ts';
import { answers } from '../responses.ts';
import { JobDetailsSchema } from './job-details.ts';
import { JobParams, jobId, jobScope, wait, waitMs } from './parameters.ts';

const Query = Type.Object({ wait });

export const getJob = ({ jobs }: { jobs: Jobs }) => ({
  schema: {
    summary: 'Get a job; waits a moment for a running one to end',
    params: JobParams,
    querystring: Query,
    response: answers({ 200: Type.Object({ job: JobDetailsSchema }) }, 'job_not_found'),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const query = request.query as Static<typeof Query>;
    const job = await jobs.wait(jobScope(request), jobId(request), waitMs(query.wait), callerSignal(reply));
    return { job: jobDetails(job) };
  },
});
