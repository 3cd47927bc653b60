import type { Answer } from '../api/client.ts';

export type Job = Answer<'/v2/jobs', 'get'>['jobs'][number];
export type JobStatus = Job['status'];

/** Whose jobs: a project's, or of one end user in it. */
export interface JobScope {
  readonly workspaceId: string;
  readonly projectId: number;
  readonly clientRef?: string | undefined;
}

/** What a list shows of a job. It is kept for each of many thousands, so it holds no more than that. */
export interface JobEntry {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly durationSeconds: number;
  readonly status: JobStatus;
  readonly language: string;
  readonly model: string;
  /** Why it was rejected. */
  readonly error: string | undefined;
}

export const entryOf = (job: Job): JobEntry => ({
  id: job.id,
  name: nameOf(job),
  createdAt: job.created_at,
  durationSeconds: job.duration,
  status: job.status,
  language: languageOf(job) ?? '',
  model: modelOf(job) ?? '',
  error: job.status === 'rejected' ? job.errors?.at(-1)?.message : undefined,
});

/** The name of the file, or what stands for it where the server fetched the audio. */
export function nameOf({ data_name: name, config, id }: Job): string {
  if (name !== '') return name;
  return config?.fetch_data?.url ?? id;
}

export const languageOf = ({ config }: Job): string | undefined =>
  config?.transcription_config?.language ?? config?.alignment_config?.language;

export const modelOf = ({ config }: Job): string | undefined =>
  config?.transcription_config?.model ?? config?.transcription_config?.operating_point;

const LANGUAGES = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' });

/** `English` for `en`; the code itself where it is none of the standard's. */
export function languageName(code: string): string {
  try {
    return LANGUAGES.of(code.replace('_', '-')) ?? code;
  } catch {
    return code;
  }
}

const SIZES = ['bytes', 'KB', 'MB', 'GB'] as const;

/** `12 bytes`, `3.4 MB`. */
export function sizeWords(bytes: number): string {
  const step = Math.min(SIZES.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** step;
  return `${value < 10 && step > 0 ? value.toFixed(1) : Math.round(value)} ${SIZES[step]}`;
}
