import { sleep } from '../../../base/abort.ts';
import { ClientError } from '../client-error.ts';
import { call, callJson } from '../http.ts';
import { foreign } from '../refusal.ts';
import type { Target } from '../target.ts';
import type { Upload } from './upload.ts';

/** What is used of a job on the wire. */
export interface Job {
  readonly id: string;
  readonly status: string;
  readonly errors?: readonly { readonly message: string }[];
}

const WAIT_SECONDS = 20;
/** At most, because a server that does not know `wait` answers at once. */
const ASK_EVERY_MS = 1_000;
/** Of a server that has all of an upload, when nobody wants to wait any more. */
const ANSWER_LIMIT_MS = 5_000;
/** A server that is started anew is waited for. */
const MAX_FAILURES = 30;

/** Sends the form and resolves to the id of the job. What was sent whole may be a job: its answer is waited for. */
export async function submitJob(
  target: Target,
  upload: Upload,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const sending = new AbortController();
  let isSent = false;
  const giveUp = () => {
    if (isSent) setTimeout(() => sending.abort(unanswered(signal.reason)), ANSWER_LIMIT_MS).unref();
    else sending.abort(signal.reason);
  };
  signal.addEventListener('abort', giveUp, { once: true });
  const body = upload.content((sentBytes) => {
    isSent = sentBytes === upload.sizeBytes;
    onProgress(sentBytes);
  });
  const form = { method: 'POST', headers: upload.headers, body } as const;
  const { id } = await callJson<{ id?: unknown }>(target, '/jobs', form, sending.signal);
  if (typeof id !== 'string') throw foreign(target);
  return id;
}

const unanswered = (interruption: ClientError): ClientError =>
  new ClientError('interrupted; the server has not said whether it took the job', interruption);

/** Waits until the job has ended. Throws `ClientError`, or the reason of the signal. */
export async function endOfJob(
  target: Target,
  id: string,
  signal: AbortSignal,
  { askEveryMs = ASK_EVERY_MS } = {},
): Promise<Job> {
  for (let failures = 0; ; ) {
    const askedMs = performance.now();
    try {
      const path = `/jobs/${encodeURIComponent(id)}?wait=${WAIT_SECONDS}`;
      const { job } = await callJson<{ job?: Job }>(target, path, {}, signal);
      if (typeof job?.status !== 'string') throw foreign(target);
      if (job.status !== 'running') return job;
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!(error instanceof ClientError && error.isPassing) || failures === MAX_FAILURES) throw error;
    }
    await sleep(Math.max(0, askedMs + askEveryMs - performance.now()), signal);
    signal.throwIfAborted();
  }
}

export const transcriptOf = (
  target: Target,
  id: string,
  format: string,
  signal: AbortSignal,
): Promise<string> => call(target, `/jobs/${encodeURIComponent(id)}/transcript?format=${format}`, {}, signal);

/** Deletes a job also while it runs. */
export const deleteJob = (target: Target, id: string): Promise<string> =>
  call(target, `/jobs/${encodeURIComponent(id)}?force=true`, { method: 'DELETE' });
