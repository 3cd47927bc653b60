import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError } from '../../../errors/app-error.ts';
import { OBJECTS, type ObjectTokens } from '../../../identity/object-token.ts';
import type { Jobs } from '../../../jobs/jobs.ts';
import { projectPrincipal } from '../../guards/access.ts';
import { answers } from '../../responses.ts';
import { JobParams, jobId, jobScope } from '../parameters.ts';

/** What clients can ask for. We make no mp3 of an upload, so that one is never in the answer. */
const NAMES = ['data', 'audio_mp3', 'transcript'] as const;
type Name = (typeof NAMES)[number];

const Query = Type.Object({
  ttl: Type.Integer({ minimum: 60, maximum: 86_400, description: 'Seconds the URLs work.' }),
  url_for: Type.String({ description: `One or more of ${NAMES.join(', ')}; separated by commas.` }),
});
const url = Type.Optional(Type.String({ format: 'uri' }));

interface Deps {
  readonly jobs: Jobs;
  readonly objectTokens: ObjectTokens;
}

export const getObjectUrls = ({ jobs, objectTokens }: Deps) => ({
  schema: {
    summary: 'URLs from which files of a job can be read without a credential, for a time',
    description:
      'They end with their time, with the key that asked for them and with the job. What the job does not have, or not yet, is left out.',
    params: JobParams,
    querystring: Query,
    response: answers({ 200: Type.Object({ data: url, transcript: url }) }, 'job_not_found', 'file_expired'),
  },
  async handler(request: FastifyRequest) {
    const query = request.query as Static<typeof Query>;
    const wanted = namesOf(query.url_for);
    const { id, environment, status, config } = await jobs.find(jobScope(request), jobId(request));
    if (status === 'deleted' || status === 'expired') {
      throw new AppError('file_expired', { detail: 'File deleted from the storage' });
    }
    const there = OBJECTS.filter(
      (object) => object === 'data' || (status === 'done' && config?.type === 'transcription'),
    );
    const urls = there
      .filter((object) => wanted.includes(object))
      .map((object) => {
        const grant = { environment, jobId: id, object };
        const token = objectTokens.issue(projectPrincipal(request), grant, query.ttl);
        return [object, `${request.protocol}://${request.host}/objects/${token}`];
      });
    return Object.fromEntries(urls);
  },
});

function namesOf(text: string): Name[] {
  return text.split(',').map((name, index) => {
    const known = NAMES.find((one) => one === name);
    if (known) return known;
    throw new AppError('unprocessable', {
      detail: `url_for.${index} in query should be one of [${NAMES.join(' ')}]`,
      wireCode: 606,
    });
  });
}
