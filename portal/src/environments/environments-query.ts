import { queryOptions } from '@tanstack/react-query';
import { type Answer, answerOf, api } from '../api/client.ts';

const ENVIRONMENTS = '/portal/api/workspaces/{workspace_id}/environments';

export type Environment = Answer<typeof ENVIRONMENTS, 'get'>['environments'][number];
export type EnvironmentNode = Environment['nodes'][number];

const REFRESH_MS = 5_000;

/** All environments, asked for again every few seconds while somebody looks. */
export const environmentsQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'environments'],
    queryFn: ({ signal }) =>
      answerOf(api.GET(ENVIRONMENTS, { params: { path: { workspace_id: workspaceId } }, signal })),
    refetchInterval: REFRESH_MS,
    refetchIntervalInBackground: false,
  });
