import { Problem } from '../../api/problem.ts';
import { askJobsApi, isUnauthorised } from '../ask-jobs-api.ts';
import type { JobScope } from '../job.ts';

export interface Recording {
  readonly file: File;
  readonly config: object;
  readonly scope: JobScope;
}

interface SendOptions {
  /** Called with the bytes that have left. */
  readonly onProgress: (sentBytes: number) => void;
  readonly signal: AbortSignal;
}

/** The session of the person has ended, so no key can be had until they sign in again. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded';
}

/**
 * Submits a recording and gives the id of its job. The file goes from the disk to the network without being read into
 * the page's memory, however large it is.
 */
export async function sendRecording(recording: Recording, options: SendOptions): Promise<string> {
  try {
    return await askJobsApi(recording.scope, ({ authorization }) => post(recording, authorization, options));
  } catch (cause) {
    throw isUnauthorised(cause) ? new SessionEnded() : cause;
  }
}

/** `fetch` does not tell how much of a body has been sent. */
function post(
  { file, config }: Recording,
  authorization: string,
  { onProgress, signal }: SendOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const end = (finish: () => void) => {
      signal.removeEventListener('abort', abort);
      finish();
    };
    signal.addEventListener('abort', abort);
    request.open('POST', '/v2/jobs');
    request.setRequestHeader('authorization', authorization);
    request.upload.onprogress = ({ loaded }) => onProgress(Math.min(loaded, file.size));
    request.onload = () => end(() => (request.status === 201 ? accept() : reject(refusal(request))));
    request.onerror = () => end(() => reject(connectionLost()));
    request.onabort = () => end(() => reject(new DOMException('The upload was cancelled.', 'AbortError')));
    const accept = () => resolve((JSON.parse(request.responseText) as { id: string }).id);
    if (signal.aborted) request.abort();
    else request.send(formOf(file, config));
  });
}

/** The config comes first, so that the server can refuse it before it takes the recording. */
function formOf(file: File, config: object): FormData {
  const form = new FormData();
  form.append('config', JSON.stringify(config));
  form.append('data_file', file, file.name);
  return form;
}

const connectionLost = (): Problem =>
  new Problem({ status: -1, error: 'Unreachable', detail: CONNECTION_LOST });

const CONNECTION_LOST =
  'The connection was lost before the whole file was sent. Try again. If it happens again, the file may be larger than this server takes.';

/** Why the server does not take a recording, in words for the person who chose it. */
function refusal(request: XMLHttpRequest): Problem {
  const { error = request.statusText, detail } = wireError(request.responseText);
  const retryAfter = Number(request.getResponseHeader('retry-after') ?? Number.NaN);
  return new Problem({
    status: request.status,
    error,
    detail: sentence(request.status, error, detail),
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
    requestId: request.getResponseHeader('request-id') ?? undefined,
  });
}

function sentence(status: number, error: string, detail: string | undefined): string | undefined {
  if (status === 413) return 'This file is larger than this server takes.';
  if (error === 'Job rejected due to invalid audio') {
    return `This file cannot be transcribed${detail === undefined ? '' : `: ${detail}`}.`;
  }
  if (error === 'Requested product not available') {
    return `${detail === undefined ? 'These settings are not available here' : capital(detail)}. Change the settings.`;
  }
  return detail === undefined ? undefined : `${capital(detail)}.`;
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1).replace(/\.$/, '');

function wireError(text: string): { readonly error?: string; readonly detail?: string } {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}
