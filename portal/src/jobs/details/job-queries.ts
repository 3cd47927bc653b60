import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client.ts';
import { askJobsApi } from '../ask-jobs-api.ts';
import type { Job, JobScope } from '../job.ts';
import type { Transcript } from '../transcript/turns.ts';

const WAIT_SECONDS = 15;
/** Between two waits, so that a server that does not wait is not asked without a pause. */
const PAUSE_MILLISECONDS = 500;

const keyOf = ({ workspaceId, projectId }: JobScope, id: string) => [
  'workspaces',
  workspaceId,
  'jobs',
  'one',
  { projectId, id },
];

type Call = {
  readonly headers: { readonly authorization: string };
  readonly params: { readonly path: { readonly jobid: string } };
  readonly signal: AbortSignal;
};

/** Asks about a job with a temporary key. */
const ask = <T>(
  scope: JobScope,
  id: string,
  signal: AbortSignal,
  send: (call: Call) => Promise<T>,
): Promise<T> => askJobsApi(scope, (headers) => send({ headers, params: { path: { jobid: id } }, signal }));

/** A job; while it runs the server is asked to answer when it has ended. */
export const jobQuery = (scope: JobScope, id: string) =>
  queryOptions({
    queryKey: keyOf(scope, id),
    queryFn: async ({ client, queryKey, signal }): Promise<Job> => {
      const isRunning = client.getQueryData<Job>(queryKey)?.status === 'running';
      const query = { wait: isRunning ? WAIT_SECONDS : 0 };
      const { job } = await ask(scope, id, signal, ({ params, ...call }) =>
        answerOf(api.GET('/v2/jobs/{jobid}', { ...call, params: { ...params, query } })),
      );
      return job;
    },
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? PAUSE_MILLISECONDS : false),
    refetchOnWindowFocus: ({ state }) => state.data?.status === 'running',
  });

/** The transcript of a job that is done. It never changes. */
export const transcriptQuery = (scope: JobScope, id: string) =>
  queryOptions({
    queryKey: [...keyOf(scope, id), 'transcript'],
    queryFn: async ({ signal }): Promise<Transcript> => {
      const body = await ask(scope, id, signal, (call) =>
        answerOf(api.GET('/v2/jobs/{jobid}/transcript', call)),
      );
      return body as Transcript;
    },
    staleTime: Number.POSITIVE_INFINITY,
    // To compare twenty thousand words with themselves takes longer than to draw them.
    structuralSharing: false,
  });

/** What was done with a job, line by line. */
export const logQuery = (scope: JobScope, id: string, isRunning: boolean) =>
  queryOptions({
    queryKey: [...keyOf(scope, id), 'log'],
    queryFn: ({ signal }) =>
      ask(scope, id, signal, (call) =>
        answerOf<string>(api.GET('/v2/jobs/{jobid}/log', { ...call, parseAs: 'text' })),
      ),
    refetchInterval: isRunning ? 2000 : false,
  });

/** The text of an alignment job with the time of each line. */
export const alignmentQuery = (scope: JobScope, id: string) =>
  queryOptions({
    queryKey: [...keyOf(scope, id), 'alignment'],
    queryFn: ({ signal }) =>
      ask(scope, id, signal, ({ params, ...call }) =>
        answerOf<string>(
          api.GET('/v2/jobs/{jobid}/alignment', {
            ...call,
            params: { ...params, query: { tags: 'one_per_line' } },
            parseAs: 'text',
          }),
        ),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

const URL_SECONDS = 14_400;

/** An address from which the browser itself may read the recording, for some hours. */
export async function recordingUrl(
  scope: JobScope,
  id: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { data } = await ask(scope, id, signal, ({ params, ...call }) =>
    answerOf(
      api.GET('/v2/jobs/{jobid}/object-urls', {
        ...call,
        params: { ...params, query: { ttl: URL_SECONDS, url_for: 'data' } },
      }),
    ),
  );
  // A proxy that the server was not told of makes it name another scheme or host than the page has.
  return data === undefined ? undefined : new URL(data).pathname;
}

export const deleteJob = (scope: JobScope, id: string, isForced: boolean): Promise<unknown> =>
  askJobsApi(scope, (headers) =>
    answerOf(
      api.DELETE('/v2/jobs/{jobid}', {
        headers,
        params: { path: { jobid: id }, query: isForced ? { force: true } : {} },
      }),
    ),
  );

export type TranscriptFormat = 'json-v2' | 'txt' | 'srt';

/** A transcript as a file, byte for byte as the server gives it. */
export const transcriptFile = (scope: JobScope, id: string, format: TranscriptFormat): Promise<Blob> =>
  askJobsApi(scope, (headers) =>
    answerOf<Blob>(
      api.GET('/v2/jobs/{jobid}/transcript', {
        headers,
        params: { path: { jobid: id }, query: { format } },
        parseAs: 'blob',
      }),
    ),
  );
