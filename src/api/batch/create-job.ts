import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { newJobId } from '../../base/ids.ts';
import { AppError } from '../../errors/app-error.ts';
import { atMost, type FormPart, readForm, readText } from '../../http/form.ts';
import type { SubmittingToken } from '../../jobs/admission.ts';
import { type JobConfig, JobConfigSchema } from '../../jobs/config/schema.ts';
import type { Job, JobOwner } from '../../jobs/job.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import { MAX_TEXT_BYTES } from '../../jobs/text-file.ts';
import { printTranscript, type TranscriptFormat } from '../../transcripts/print.ts';
import { callerSignal } from '../caller-signal.ts';
import { projectPrincipal } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { format, jobScope, wait, waitMs } from './parameters.ts';

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
  data_file: Type.Optional(
    Type.String({
      format: 'binary',
      description: 'The audio, with a file name, unless `fetch_data` names it.',
    }),
  ),
  text_file: Type.Optional(
    Type.String({
      format: 'binary',
      description: `What is said, for an alignment job, unless \`fetch_text\` names it: UTF-8, at most ${MAX_TEXT_BYTES} bytes.`,
    }),
  ),
});
const Created = Type.Object(
  { id: Type.String(), status: Type.Optional(Type.String()) },
  { description: 'With `wait` also the status and, once done, the transcript under the name of its format.' },
);

export const createJob = (deps: Deps) => ({
  form: true as const,
  schema: {
    summary:
      'Submit a job: `config` (JSON) and `data_file` as form parts, in any order; or `config` alone with `fetch_data`',
    consumes: ['multipart/form-data'],
    form: Form,
    querystring: Query,
    response: answers(
      { 201: Created },
      'job_rejected',
      'invalid_audio',
      'missing_data_file',
      'missing_text_file',
      'invalid_text',
      'no_language',
      'product_not_available',
      'too_many_jobs',
    ),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const query = request.query as Static<typeof Query>;
    const signal = callerSignal(reply);
    const job = await submit(deps, request, signal);
    request.madeJobId = job.id;
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
  const draft = { environment: owner.environment, jobId: newJobId() };
  const files: Files = {};

  async function take(part: FormPart): Promise<void> {
    if (part.name === 'config' && config === undefined) {
      config = jobs.parseConfig(await readText(part, MAX_CONFIG_BYTES), token?.limits?.lock);
    } else if (part.name === 'data_file' && !files.upload) {
      files.upload = await jobs.receive(draft, 'audio', part.content, signal);
      files.dataName = printable(part.fileName);
    } else if (part.name === 'text_file' && files.textName === undefined) {
      await jobs.receive(draft, 'text', atMost(MAX_TEXT_BYTES, part), signal);
      files.textName = printable(part.fileName);
    } else {
      throw new AppError('malformed_request', {
        detail: 'the form takes config, data_file and text_file, each once',
      });
    }
  }

  try {
    await readForm(request, maxUploadBytes, take);
    if (!config) throw new AppError('job_rejected', { detail: 'the form has no config part' });
    requireOneSource(config, files);
    requireOneText(config, files);
  } catch (error) {
    await jobs.discard(draft);
    throw error;
  }
  const submission = { owner, jobId: draft.jobId, dataName: '', ...files, config };
  return jobs.submit({ ...submission, ...(token && { token }) }, signal);
}

/** What has come with the form. */
interface Files {
  upload?: Upload;
  dataName?: string;
  textName?: string;
}

function requireOneSource({ fetch_data }: JobConfig, { upload }: Files): void {
  if (upload && fetch_data) {
    throw new AppError('job_rejected', { detail: 'data_file and fetch_data exclude each other' });
  }
  if (!upload && !fetch_data) {
    throw new AppError('missing_data_file', { detail: 'the form has no data_file part' });
  }
}

function requireOneText({ type, fetch_text }: JobConfig, { textName }: Files): void {
  if (textName === undefined) {
    if (type !== 'alignment' || fetch_text) return;
    throw new AppError('missing_text_file', { detail: 'the form has no text_file part' });
  }
  if (type !== 'alignment') {
    throw new AppError('job_rejected', { detail: 'text_file belongs to alignment jobs' });
  }
  if (fetch_text) {
    throw new AppError('job_rejected', { detail: 'text_file and fetch_text exclude each other' });
  }
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
async function describe(jobs: Jobs, job: Job, wanted: TranscriptFormat) {
  if (job.status === 'running') return { id: job.id, status: 'created' };
  if (job.status !== 'done' || job.config?.type === 'alignment') return { id: job.id, status: job.status };
  const transcript = await jobs.transcript(job).catch(unlessGone);
  const printed = transcript && { [wanted]: printTranscript(transcript, wanted) };
  return { id: job.id, status: 'done', ...printed };
}

/** Somebody may delete a job as soon as it is done; that it was created stays true. */
function unlessGone(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'file_expired') return undefined;
  throw error;
}
