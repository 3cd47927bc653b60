import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { jobDetails } from '../../jobs/job.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import { answers } from '../responses.ts';
import { JobDetailsSchema } from './job-details.ts';
import { JobParams, jobId, jobScope } from './parameters.ts';

const Query = Type.Object({
  force: Type.Optional(Type.Boolean({ description: 'Stop the job first if it is running. Default false.' })),
});

export const deleteJob = ({ jobs }: { jobs: Jobs }) => ({
  schema: {
    summary: 'Delete a job and its files',
    params: JobParams,
    querystring: Query,
    response: answers({ 200: Type.Object({ job: JobDetailsSchema }) }, 'job_not_found', 'resource_locked'),
  },
  async handler(request: FastifyRequest) {
    const query = request.query as Static<typeof Query>;
    const job = await jobs.remove(jobScope(request), jobId(request), query.force ?? false);
    return { job: jobDetails(job) };
  },
});
