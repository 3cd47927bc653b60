import { readFile } from 'node:fs/promises';
import type { RunningServer } from './server.ts';

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body parsed; throws when it is not JSON. */
  json<T = Record<string, unknown>>(): T;
}

export interface AskOptions {
  readonly method?: string;
  /** Sent as bearer token. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | FormData;
}

/** What the wire says of a job. */
export interface WireJob {
  readonly id: string;
  readonly created_at: string;
  readonly data_name: string;
  readonly duration: number;
  readonly status: string;
  readonly config?: Record<string, unknown>;
  readonly errors?: readonly { readonly timestamp: string; readonly message: string }[];
}

/** Any server: `startServer` gives one, and so does a second port of it. */
export type Address = Pick<RunningServer, 'baseUrl'>;

export const ENGLISH = { type: 'transcription', transcription_config: { language: 'en' } };

/** The shortest clip of real speech, and what is said in it. */
export const SHORT_CLIP = 'sense_and_sensibility_01_austen_64kb-0930.wav';
export const SHORT_CLIP_TEXT = 'He might even have been made amiable himself.';

export async function ask({ baseUrl }: Address, path: string, options: AskOptions = {}): Promise<Answer> {
  const { method = 'GET', key, headers, body } = options;
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers },
    redirect: 'manual',
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
}

/** Bytes of a recording under `test/fixtures/speech`. */
export async function readClip(name: string = SHORT_CLIP): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(new URL(`../fixtures/speech/${name}`, import.meta.url)));
}

/** A submission as browsers send it. */
export function jobForm(
  audio: Uint8Array<ArrayBuffer>,
  { name = 'recording.wav', config = ENGLISH }: { name?: string; config?: object } = {},
): FormData {
  const form = new FormData();
  form.append('data_file', new Blob([audio]), name);
  form.append('config', JSON.stringify(config));
  return form;
}

/** Submits real speech and returns the id of the accepted job. */
export async function submitSpeech(
  server: Address,
  key: string,
  options: { name?: string; config?: object; clip?: string } = {},
): Promise<string> {
  const body = jobForm(await readClip(options.clip), options);
  const answer = await ask(server, '/v2/jobs', { method: 'POST', key, body });
  if (answer.status !== 201) throw new Error(`submission answered ${answer.status}: ${answer.text}`);
  return answer.json<{ id: string }>().id;
}

const END_LIMIT_MS = 90_000;

/** Waits until the job has ended. */
export async function endOfJob(server: Address, key: string, id: string): Promise<WireJob> {
  const deadline = Date.now() + END_LIMIT_MS;
  for (;;) {
    const answer = await ask(server, `/v2/jobs/${id}?wait=20`, { key });
    if (answer.status !== 200) throw new Error(`job ${id} answered ${answer.status}: ${answer.text}`);
    const { job } = answer.json<{ job: WireJob }>();
    if (job.status !== 'running') return job;
    if (Date.now() > deadline) throw new Error(`job ${id} still runs after ${END_LIMIT_MS / 1_000} s`);
  }
}

export async function listJobs(server: Address, key: string, query = ''): Promise<WireJob[]> {
  const answer = await ask(server, `/v2/jobs${query}`, { key });
  if (answer.status !== 200) throw new Error(`the list answered ${answer.status}: ${answer.text}`);
  return answer.json<{ jobs: WireJob[] }>().jobs;
}

/** Mints a temporary key without any client library. */
export async function mintKey(
  server: Address,
  apiKey: string,
  {
    type = 'batch',
    ...body
  }: { type?: 'batch' | 'rt'; ttl?: number; client_ref?: string; region?: string; limits?: object } = {},
): Promise<string> {
  const answer = await ask(server, `/v1/api_keys?type=${type}`, {
    method: 'POST',
    key: apiKey,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ttl: 600, ...body }),
  });
  if (answer.status !== 201) throw new Error(`minting answered ${answer.status}: ${answer.text}`);
  return answer.json<{ key_value: string }>().key_value;
}

/** Creates a further API key of the default project. */
export async function createApiKey(
  server: RunningServer,
  options: { name: string; client_ref?: string },
): Promise<string> {
  const { management_token, project_id } = server.bootstrap;
  const answer = await ask(server, '/v1/api-keys', {
    method: 'POST',
    key: management_token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ project_id, ...options }),
  });
  if (answer.status !== 201) throw new Error(`creating a key answered ${answer.status}: ${answer.text}`);
  return answer.json<{ key_value: string }>().key_value;
}
