import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Job } from '../../../jobs/job.ts';
import type { Jobs } from '../../../jobs/jobs.ts';
import { callerSignal } from '../../caller-signal.ts';

/** Answers with the upload of a job as it is read from the storage; the file is closed when the caller goes away. */
export async function sendData(
  jobs: Jobs,
  job: Job,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Readable> {
  const content = await jobs.data(job, callerSignal(reply));
  reply.type('application/octet-stream').headers({
    'content-disposition': attachment(job.dataName),
    'content-length': job.audioBytes,
  });
  if (request.method !== 'HEAD') return content;
  content.destroy();
  return Readable.from([]);
}

/** RFC 6266, the name as RFC 8187 has it: an upload may be called anything, a header cannot hold anything. */
function attachment(name: string): string {
  if (name === '') return 'attachment';
  const encoded = encodeURIComponent(name.replace(/[/\\]/g, '_')).replace(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename*=UTF-8''${encoded}`;
}
