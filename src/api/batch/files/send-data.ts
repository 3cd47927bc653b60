import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Job } from '../../../jobs/job.ts';
import type { ByteRange, Jobs } from '../../../jobs/jobs.ts';
import { callerSignal } from '../../caller-signal.ts';

/**
 * Answers with the upload of a job, or the part of it that was asked for, as it is read from the storage; the file is
 * closed when the caller goes away. A browser that plays the upload asks for parts when a listener jumps.
 */
export async function sendData(
  jobs: Jobs,
  job: Job,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Readable> {
  const range = rangeOf(request.headers.range, job.audioBytes);
  const content = await jobs.data(job, { range, signal: callerSignal(reply) });
  reply.type('application/octet-stream').headers({
    'accept-ranges': 'bytes',
    'content-disposition': attachment(job.dataName),
    'content-length': range ? range.end - range.start + 1 : job.audioBytes,
  });
  if (range) {
    reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${job.audioBytes}`);
  }
  if (request.method !== 'HEAD') return content;
  content.destroy();
  return Readable.from([]);
}

/**
 * The bytes a `Range` header asks for. Whatever cannot be answered as one part is answered with the whole: RFC 9110
 * section 14.2 lets a server ignore the header.
 */
function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end ? { start, end } : undefined;
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
