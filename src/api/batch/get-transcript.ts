import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Jobs } from '../../jobs/jobs.ts';
import { printTranscript } from '../../transcripts/print.ts';
import { callerSignal } from '../caller-signal.ts';
import { answers, content } from '../responses.ts';
import { TranscriptSchema } from '../transcript-schema.ts';
import { format, JobParams, jobId, jobScope, wait, waitMs } from './parameters.ts';

const Query = Type.Object({ format, wait });

export const getTranscript = ({ jobs }: { jobs: Jobs }) => ({
  schema: {
    summary: 'Get the transcript of a job as json-v2, text or subtitles',
    params: JobParams,
    querystring: Query,
    response: answers(
      {
        200: content('json-v2 as JSON; txt and srt as text.', {
          'application/json': TranscriptSchema,
          'text/plain': Type.String(),
        }),
      },
      'job_not_found',
      'transcript_not_ready',
      'transcript_of_rejected_job',
      'not_a_transcription',
      'file_expired',
    ),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const query = request.query as Static<typeof Query>;
    const job = await jobs.wait(jobScope(request), jobId(request), waitMs(query.wait), callerSignal(reply));
    const printed = printTranscript(await jobs.transcript(job), query.format ?? 'json-v2');
    if (typeof printed === 'string') reply.type('text/plain; charset=utf-8');
    return printed;
  },
});
