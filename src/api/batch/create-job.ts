import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import { type FormPart, readForm, readText } from '../../http/form.ts';
import type { SubmittingToken } from '../../jobs/admission.ts';
import { type JobConfig, JobConfigSchema } from '../../jobs/config/schema.ts';
import type { Job, JobOwner } from '../../jobs/job.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import { callerSignal } from '../caller-signal.ts';
import { projectPrincipal } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { type Format, format, jobScope, wait, waitMs } from './parameters.ts';
import { printTranscript } from './print-transcript.ts';

interface Deps {
  readonly jobs: Jobs;
  readonly maxUploadBytes: number;
}

type Upload = Awaited<ReturnType<Jobs['receive']>>;

/** A thousand words of vocabulary, each with its pronunciations, take a quarter of this. */
const MAX_CONFIG_BYTES = 262_144;
const MAX_NAME_LENGTH = 255;

const Query = Type.Object({ wait, format });
const Form = Type.Object({
  config: Type.Unsafe({ ...JobConfigSchema, description: 'JSON text.' }),
  data_file: Type.String({ format: 'binary', description: 'The audio, with a file name.' }),
});
const Created = Type.Object(
  { id: Type.String(), status: Type.Optional(Type.String()) },
  { description: 'With `wait` also the status and, once done, the transcript under the name of its format.' },
);

export const createJob = (deps: Deps) => ({
  form: true as const,
  schema: {
    summary: 'Submit a job: `config` (JSON) and `data_file` as form parts, in any order',
    consumes: ['multipart/form-data'],
    form: Form,
    querystring: Query,
    response: answers({ 201: Created }),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const query = request.query as Static<typeof Query>;
    const signal = callerSignal(reply);
    const job = await submit(deps, request, signal);
    reply.code(201);
    if (query.wait === undefined) return { id: job.id };
    const ended = await deps.jobs.wait(jobScope(request), job.id, waitMs(query.wait), signal);
    return describe(deps.jobs, ended, query.format ?? 'json-v2');
  },
});

async function submit(
  { jobs, maxUploadBytes }: Deps,
  request: FastifyRequest,
  signal: AbortSignal,
): Promise<Job> {
  const owner = jobOwner(request);
  const token = submittingToken(request);
  let config: JobConfig | undefined;
  let upload: (Upload & { dataName: string }) | undefined;

  async function take(part: FormPart): Promise<void> {
    if (part.name === 'config' && config === undefined) {
      config = jobs.parseConfig(await readText(part, MAX_CONFIG_BYTES), token?.limits?.lock);
    } else if (part.name === 'data_file' && upload === undefined) {
      const received = await jobs.receive(owner.environment, part.content, signal);
      upload = { ...received, dataName: printable(part.fileName) };
    } else {
      throw new AppError('malformed_request', { detail: 'the form takes config and data_file, each once' });
    }
  }

  try {
    await readForm(request, maxUploadBytes, take);
    if (!config) throw new AppError('job_rejected', { detail: 'the form has no config part' });
    if (!upload) throw new AppError('missing_data_file', { detail: 'the form has no data_file part' });
  } catch (error) {
    if (upload) await jobs.discard(upload);
    throw error;
  }
  const submission = { owner, upload, dataName: upload.dataName, config };
  return jobs.submit({ ...submission, ...(token && { token }) }, signal);
}

/** The name is shown and stored; control characters serve no one and PostgreSQL takes no NUL. */
const printable = (fileName: string): string => fileName.replace(/\p{Cc}/gu, '').slice(0, MAX_NAME_LENGTH);

function jobOwner(request: FastifyRequest): JobOwner {
  const { workspaceId, keyId, tokenId } = projectPrincipal(request);
  return { ...jobScope(request), workspaceId, apiKeyId: keyId, ...(tokenId !== undefined && { tokenId }) };
}

function submittingToken(request: FastifyRequest): SubmittingToken | undefined {
  const { issuedAtMs, expiresAtMs, limits } = projectPrincipal(request);
  if (issuedAtMs === undefined || expiresAtMs === undefined) return undefined;
  return { issuedAtMs, expiresAtMs, ...(limits && { limits }) };
}

/** `created` is the wire's word for "still running when the wait was over". */
async function describe(jobs: Jobs, job: Job, wanted: Format) {
  if (job.status === 'running') return { id: job.id, status: 'created' };
  if (job.status !== 'done') return { id: job.id, status: job.status };
  return { id: job.id, status: 'done', [wanted]: printTranscript(await jobs.transcript(job), wanted) };
}
