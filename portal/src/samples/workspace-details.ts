import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';

/** What the workspace may use, as agreed with the operator. */
export const workspaceDetailsQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'details'],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}', {
          params: { path: { workspace_id: workspaceId } },
          signal,
        }),
      ),
  });
