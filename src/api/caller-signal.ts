import type { FastifyReply } from 'fastify';
import { AppError } from '../errors/app-error.ts';

/** Aborts when the caller goes away before the answer, so that nothing waits for nobody. */
export function callerSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished)
      gone.abort(new AppError('malformed_request', { detail: 'the caller went away' }));
  });
  return gone.signal;
}
