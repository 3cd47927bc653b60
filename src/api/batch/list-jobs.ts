import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import { jobDetails } from '../../jobs/job.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import { answers } from '../responses.ts';
import { JobDetailsSchema } from './job-details.ts';
import { jobScope } from './parameters.ts';

const Query = Type.Object({
  created_before: Type.Optional(
    Type.String({ description: 'RFC 3339; only jobs created before, exclusive.' }),
  ),
  created_after: Type.Optional(Type.String({ description: 'RFC 3339; only jobs created after, exclusive.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'Default 100.' })),
  include_deleted: Type.Optional(Type.Boolean()),
});

export const listJobs = ({ jobs }: { jobs: Jobs }) => ({
  schema: {
    summary: 'List jobs, newest first',
    querystring: Query,
    response: answers({ 200: Type.Object({ jobs: Type.Array(JobDetailsSchema) }) }),
  },
  async handler(request: FastifyRequest) {
    const query = request.query as Static<typeof Query>;
    const createdBefore = instant('created_before', query.created_before);
    const createdAfter = instant('created_after', query.created_after);
    const found = await jobs.list(jobScope(request), {
      ...(createdBefore && { createdBefore }),
      ...(createdAfter && { createdAfter }),
      limit: query.limit ?? 100,
      includeDeleted: query.include_deleted ?? false,
    });
    return { jobs: found.map(jobDetails) };
  },
});

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** Finer than milliseconds is cut off, as the stored times are no finer. */
function instant(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  // A plus sign that a client did not escape arrives as a space.
  const date = new Date(text.replace(' ', '+'));
  if (
    !RFC_3339.test(text.replace(' ', '+')) ||
    !(date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9_999)
  ) {
    throw new AppError('unprocessable', {
      detail: `${name} in query must be of type date-time`,
      wireCode: 601,
    });
  }
  return date;
}
