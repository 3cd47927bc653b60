import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Jobs } from '../../jobs/jobs.ts';
import { callerSignal } from '../caller-signal.ts';
import { answers } from '../responses.ts';
import { format, JobParams, jobId, jobScope, wait, waitMs } from './parameters.ts';
import { printTranscript } from './print-transcript.ts';

const Query = Type.Object({ format, wait });

export const getTranscript = ({ jobs }: { jobs: Jobs }) => ({
  schema: {
    summary: 'Get the transcript of a job as json-v2, text or subtitles',
    params: JobParams,
    querystring: Query,
    response: answers({ 200: Type.Any({ description: 'json-v2: an object. txt, srt: text/plain.' }) }),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const query = request.query as Static<typeof Query>;
    const job = await jobs.wait(jobScope(request), jobId(request), waitMs(query.wait), callerSignal(reply));
    const printed = printTranscript(await jobs.transcript(job), query.format ?? 'json-v2');
    if (typeof printed === 'string') reply.type('text/plain; charset=utf-8');
    return printed;
  },
});
