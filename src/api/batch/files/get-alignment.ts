import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Jobs } from '../../../jobs/jobs.ts';
import { ALIGNMENT_TAGS } from '../../../transcripts/alignment/print-alignment.ts';
import { callerSignal } from '../../caller-signal.ts';
import { answers, content } from '../../responses.ts';
import { JobParams, jobId, jobScope, wait, waitMs } from '../parameters.ts';

const Query = Type.Object({
  tags: Type.Optional(
    Type.Enum([...ALIGNMENT_TAGS], {
      description: 'Times around each word, or one in front of each line. Default word_start_and_end.',
    }),
  ),
  wait,
});

export const getAlignment = ({ jobs }: { jobs: Jobs }) => ({
  schema: {
    summary: 'The text of an alignment job with the times at which it is said',
    params: JobParams,
    querystring: Query,
    response: answers(
      { 200: content('The text, times added to it.', { 'text/plain': Type.String() }) },
      'job_not_found',
      'not_an_alignment',
      'transcript_not_ready',
      'transcript_of_rejected_job',
      'file_expired',
    ),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const { tags = 'word_start_and_end', wait: seconds } = request.query as Static<typeof Query>;
    const signal = callerSignal(reply);
    const job = await jobs.wait(jobScope(request), jobId(request), waitMs(seconds), signal);
    const aligned = await jobs.alignment(job, tags, signal);
    reply.type('text/plain; charset=utf-8');
    return aligned;
  },
});
