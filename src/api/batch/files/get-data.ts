import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Jobs } from '../../../jobs/jobs.ts';
import { answers, content } from '../../responses.ts';
import { JobParams, jobId, jobScope } from '../parameters.ts';
import { sendData } from './send-data.ts';

export const getData = ({ jobs }: { jobs: Jobs }) => ({
  schema: {
    summary: 'The uploaded file of a job, as it was sent',
    params: JobParams,
    response: answers(
      { 200: content('The upload.', { 'application/octet-stream': Type.String({ format: 'binary' }) }) },
      'job_not_found',
      'file_expired',
    ),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    return sendData(jobs, await jobs.find(jobScope(request), jobId(request)), request, reply);
  },
});
