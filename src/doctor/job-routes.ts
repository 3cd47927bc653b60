import { holds, status } from './expect.ts';
import type { EndUser, Target, Verdict } from './target.ts';
import { deletes } from './twins.ts';

/** A way to reach one job. */
export interface JobRoute {
  readonly operation: string;
  readonly method: string;
  /** What follows the job's id. */
  readonly suffix: string;
}

const route = (operation: string, ...queries: readonly string[]): JobRoute[] => {
  const [method = '', path = ''] = operation.split(' ');
  const suffix = path.split('{jobid}')[1] ?? '';
  return queries.map((query) => ({ operation, method, suffix: suffix + query }));
};

export const JOB_ROUTES: readonly JobRoute[] = [
  ...route('GET /v2/jobs/{jobid}', '', '/', '?wait=0', '?wait=1'),
  ...route('GET /v2/jobs/{jobid}/transcript', '', '?format=json-v2', '?format=txt', '?format=srt', '?wait=1'),
  ...route('GET /v2/jobs/{jobid}/data', ''),
  ...route('GET /v2/jobs/{jobid}/text', ''),
  ...route('GET /v2/jobs/{jobid}/alignment', '', '?tags=word_start_and_end', '?tags=one_per_line'),
  ...route('GET /v2/jobs/{jobid}/log', ''),
  ...route(
    'GET /v2/jobs/{jobid}/object-urls',
    '?ttl=60&url_for=data',
    '?ttl=60&url_for=transcript',
    '?ttl=60&url_for=data,transcript',
  ),
  ...route('DELETE /v2/jobs/{jobid}', '', '?force=false', '?force=true'),
];

export const callJob = (target: Target, { method, suffix }: JobRoute, id: string, key: string) =>
  target.ask(`/v2/jobs/${id}${suffix}`, { method, key });

/** The same way for whom the job belongs to. */
export async function ownJob(target: Target, one: JobRoute, user: EndUser): Promise<Verdict> {
  if (one.method === 'DELETE') return deletes(target, user);
  const answer = await callJob(target, one, target.jobs[user], target.keys[user]);
  // The jobs of a target are transcriptions; of that, too, a server speaks only to whom they belong to.
  if (/^\/(text|alignment)/.test(one.suffix)) return holds(answer, 'Job is not of type alignment');
  // A server without logs of jobs says so, but only of jobs that the caller has.
  return one.suffix === '/log' ? status(answer, 200, 501) : status(answer, 200);
}
