import { queryOptions, useQuery } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';
import { withTemporaryKey } from '../api/temporary-keys.ts';
import { apiKeysQuery } from '../api-keys/api-keys.ts';
import { useChosenProject } from '../shell/workspace/projects.ts';

const RECENT = 5;
const RUNNING_MILLISECONDS = 2000;

/** The newest jobs of a project. */
export const recentJobsQuery = (workspaceId: string, projectId: number | undefined) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'jobs', { project: projectId, limit: RECENT }],
    enabled: projectId !== undefined,
    queryFn: async ({ signal }) => {
      const scope = { workspaceId, projectId: projectId ?? 0, product: 'batch' as const };
      const { jobs } = await withTemporaryKey(scope, (headers) =>
        answerOf(api.GET('/v2/jobs', { headers, params: { query: { limit: RECENT } }, signal })),
      );
      return jobs;
    },
    // Whoever comes back here has just sent something, or waits for it.
    staleTime: 0,
    refetchInterval: ({ state }) =>
      state.data?.some((job) => job.status === 'running') ? RUNNING_MILLISECONDS : false,
  });

const usageQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'usage', { by: 'product' }],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}/usage', {
          params: { path: { workspace_id: workspaceId }, query: { by: 'product' } },
          signal,
        }),
      ),
    staleTime: 0,
  });

export interface StartProgress {
  readonly hasTranscript: boolean;
  readonly hasApiKey: boolean;
  readonly hasTemporaryKey: boolean;
}

/** Which of the first steps are done, by what the workspace has. Undefined until that is known. */
export function useProgress(workspaceId: string): StartProgress | undefined {
  const project = useChosenProject();
  const jobs = useQuery(recentJobsQuery(workspaceId, project?.project_id));
  const keys = useQuery(apiKeysQuery(workspaceId));
  const usage = useQuery(usageQuery(workspaceId));
  if (keys.data === undefined || usage.data === undefined) return undefined;
  const isUsed = (product: string) => usage.data.rows.some((row) => row.value === product && row.count > 0);
  return {
    hasTranscript: usage.data.rows.length > 0 || (jobs.data?.some((job) => job.status === 'done') ?? false),
    hasApiKey: keys.data.length > 0,
    // Temporary keys leave no record of their own: a key that minted one was used, and so was one that spoke.
    hasTemporaryKey: keys.data.some((key) => key.last_used_at !== undefined) || isUsed('rt'),
  };
}
