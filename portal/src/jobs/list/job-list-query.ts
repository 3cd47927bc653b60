import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client.ts';
import { Problem } from '../../api/problem.ts';
import { askJobsApi } from '../ask-jobs-api.ts';
import { entryOf, type JobEntry, type JobScope } from '../job.ts';

/** The jobs that were loaded so far, newest first, without a gap. */
export interface JobList {
  readonly entries: readonly JobEntry[];
  /** There are older ones on the server. */
  readonly hasOlder: boolean;
}

const PAGE = 100;
const LIVE_MILLISECONDS = 2000;
/** Running jobs that are older than the newest page are asked for one by one, so many at a time. */
const MAX_SINGLE = 10;

const listsKey = (workspaceId: string) => ['workspaces', workspaceId, 'jobs', 'list'];
const listKey = ({ workspaceId, projectId, clientRef }: JobScope) => [
  ...listsKey(workspaceId),
  { projectId, clientRef },
];

/**
 * The jobs of a scope. Asking again fetches the newest page alone and lays it over what is there; while a job runs this
 * happens by itself.
 */
export const jobListQuery = (scope: JobScope) =>
  queryOptions({
    queryKey: listKey(scope),
    queryFn: async ({ client, signal }): Promise<JobList> => {
      const known = () => client.getQueryData<JobList>(listKey(scope));
      const [newest, single] = await Promise.all([
        fetchPage(scope, { signal }),
        fetchSingle(scope, oldestRunning(known()), signal),
      ]);
      return withNewest(known(), newest, single);
    },
    // To compare a hundred thousand jobs each time would take longer than to draw the ones on the screen.
    structuralSharing: false,
    refetchInterval: ({ state }) => (state.data?.entries.some(isRunning) ? LIVE_MILLISECONDS : false),
  });

/** Fetches the next older page onto the end of the list. */
export async function loadOlder(client: QueryClient, scope: JobScope): Promise<void> {
  const last = client.getQueryData<JobList>(listKey(scope))?.entries.at(-1);
  if (last === undefined) return;
  const older = await fetchPage(scope, { before: last.createdAt });
  client.setQueryData<JobList>(listKey(scope), (list) => {
    // The list began anew meanwhile.
    if (list === undefined || list.entries.at(-1)?.id !== last.id) return list;
    return { entries: [...list.entries, ...older], hasOlder: older.length === PAGE };
  });
}

/** Takes a job that was deleted out of every list. */
export function forgetJob(client: QueryClient, workspaceId: string, id: string): void {
  client.setQueriesData<JobList>({ queryKey: listsKey(workspaceId) }, (list) =>
    list === undefined ? list : { ...list, entries: list.entries.filter((entry) => entry.id !== id) },
  );
}

export const refreshLists = (client: QueryClient, workspaceId: string): Promise<void> =>
  client.invalidateQueries({ queryKey: listsKey(workspaceId) });

const isRunning = ({ status }: JobEntry): boolean => status === 'running';

async function fetchPage(
  scope: JobScope,
  { before, signal }: { readonly before?: string; readonly signal?: AbortSignal },
): Promise<readonly JobEntry[]> {
  const query = { limit: PAGE, ...(before === undefined ? {} : { created_before: before }) };
  const { jobs } = await askJobsApi(scope, (headers) =>
    answerOf(api.GET('/v2/jobs', { headers, params: { query }, ...(signal && { signal }) })),
  );
  return jobs.map(entryOf);
}

const oldestRunning = (list: JobList | undefined): readonly JobEntry[] =>
  (list?.entries.slice(PAGE) ?? []).filter(isRunning).slice(-MAX_SINGLE);

/** These jobs as they are now; those that are gone are left out. */
async function fetchSingle(
  scope: JobScope,
  entries: readonly JobEntry[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, JobEntry | undefined>> {
  const found = entries.map(async ({ id }): Promise<[string, JobEntry | undefined]> => {
    try {
      const { job } = await askJobsApi(scope, (headers) =>
        answerOf(
          api.GET('/v2/jobs/{jobid}', {
            headers,
            params: { path: { jobid: id }, query: { wait: 0 } },
            signal,
          }),
        ),
      );
      return [id, job.status === 'deleted' ? undefined : entryOf(job)];
    } catch (cause) {
      if (cause instanceof Problem && cause.status === 404) return [id, undefined];
      throw cause;
    }
  });
  return new Map(await Promise.all(found));
}

/** Lays the newest page over a list. What did not change stays the same object, so that it is not drawn again. */
function withNewest(
  list: JobList | undefined,
  newest: readonly JobEntry[],
  single: ReadonlyMap<string, JobEntry | undefined>,
): JobList {
  const isWhole = newest.length < PAGE;
  const oldest = newest.at(-1);
  const known = list?.entries ?? [];
  const head = newest.map((entry, index) => sameOr(known[index], entry, known));
  const [first] = known;
  // With more new jobs than fit a page there is a gap that cannot be seen into.
  const isApart = oldest === undefined || first === undefined || first.createdAt < oldest.createdAt;
  if (isWhole || isApart) return { entries: head, hasOlder: !isWhole };
  const tail = known.slice(firstOlder(known, oldest.createdAt)).flatMap((entry) => {
    if (!single.has(entry.id)) return [entry];
    const now = single.get(entry.id);
    return now === undefined ? [] : [sameOr(entry, now, [])];
  });
  return { entries: [...head, ...tail], hasOlder: tail.length === 0 ? true : (list?.hasOlder ?? true) };
}

function firstOlder(entries: readonly JobEntry[], createdAt: string): number {
  const index = entries.findIndex((entry) => entry.createdAt < createdAt);
  return index === -1 ? entries.length : index;
}

/** The known object where it says the same as the new one; most often it stands at the same place. */
function sameOr(guess: JobEntry | undefined, entry: JobEntry, known: readonly JobEntry[]): JobEntry {
  const before = guess?.id === entry.id ? guess : known.slice(0, 2 * PAGE).find(({ id }) => id === entry.id);
  if (before === undefined) return entry;
  const names = Object.keys(entry) as (keyof JobEntry)[];
  return names.every((name) => before[name] === entry[name]) ? before : entry;
}
