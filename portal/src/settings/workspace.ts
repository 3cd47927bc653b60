import { queryOptions } from '@tanstack/react-query';
import { type Answer, answerOf, api } from '../api/client.ts';

export type Workspace = Answer<'/portal/api/workspaces/{workspace_id}', 'get'>;

/** The workspace, with what the operator has agreed. */
export const workspaceQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'workspace'],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}', {
          params: { path: { workspace_id: workspaceId } },
          signal,
        }),
      ),
  });
