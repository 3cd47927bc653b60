import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import type { JobScope } from '../../jobs/job.ts';
import { TRANSCRIPT_FORMATS } from '../../transcripts/print.ts';
import { projectPrincipal } from '../guards/access.ts';

export const JobParams = Type.Object({ jobid: Type.String() });

/** The job named by the path; text that cannot be an id is answered like an id nobody has. */
export function jobId(request: FastifyRequest): string {
  const { jobid } = request.params as { jobid: string };
  if (!/^[a-z0-9]{10}$/.test(jobid)) throw new AppError('job_not_found');
  return jobid;
}

const MAX_WAIT_SECONDS = 60;
/** What a request without `wait` waits for a job to end. */
const DEFAULT_WAIT_SECONDS = 2;

export const wait = Type.Optional(
  Type.Integer({
    minimum: 0,
    description: `Seconds to wait for the job to end, at most ${MAX_WAIT_SECONDS}; default ${DEFAULT_WAIT_SECONDS}.`,
  }),
);

export const waitMs = (seconds: number = DEFAULT_WAIT_SECONDS): number =>
  Math.min(seconds, MAX_WAIT_SECONDS) * 1_000;

export const format = Type.Optional(Type.Enum([...TRANSCRIPT_FORMATS], { description: 'Default json-v2.' }));

/** The jobs this caller may reach. */
export function jobScope(request: FastifyRequest): JobScope {
  const { projectId, clientRef } = projectPrincipal(request);
  if (!request.environment) throw new TypeError('the route has no environment');
  return { environment: request.environment.name, projectId, ...(clientRef !== undefined && { clientRef }) };
}
