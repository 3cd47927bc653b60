import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '../../../errors/app-error.ts';
import { type RateLimit, spend } from '../../../http/rate-limit.ts';
import type { ObjectGrant, ObjectTokens } from '../../../identity/object-token.ts';
import type { Job } from '../../../jobs/job.ts';
import type { Jobs } from '../../../jobs/jobs.ts';
import { answers, content } from '../../responses.ts';
import { TranscriptSchema } from '../../transcript-schema.ts';
import { sendData } from './send-data.ts';

interface Deps {
  readonly jobs: Jobs;
  readonly objectTokens: ObjectTokens;
  /** Of all URLs together that one key has made. */
  readonly objectLimit: RateLimit;
}

/** The way in for holders of a signed URL, who have no other credential: the token in the path decides alone. */
export const getObject = ({ jobs, objectTokens, objectLimit }: Deps) => {
  async function jobOf(grant: ObjectGrant): Promise<Job> {
    const job = await jobs.find(grant, grant.jobId).catch((error: unknown) => {
      throw error instanceof AppError ? new AppError('not_found') : error;
    });
    if (!(await objectTokens.isHonoured(grant, job.clientRef))) throw new AppError('not_found');
    return job;
  }

  return {
    schema: {
      summary: 'A file of a job, by a signed URL; 404 for one that is altered or over',
      params: Type.Object({ token: Type.String() }),
      response: answers(
        {
          200: content('The upload as it was sent, or the transcript.', {
            'application/octet-stream': Type.String({ format: 'binary' }),
            'application/json': TranscriptSchema,
          }),
        },
        'not_found',
        'file_expired',
        'rate_limited',
      ),
    },
    async handler(request: FastifyRequest, reply: FastifyReply) {
      const grant = objectTokens.read((request.params as { token: string }).token);
      if (!grant) throw new AppError('not_found');
      spend([[objectLimit, grant.keyId]]);
      const job = await jobOf(grant);
      return grant.object === 'data' ? sendData(jobs, job, request, reply) : jobs.transcript(job);
    },
  };
};
