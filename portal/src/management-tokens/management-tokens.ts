import { queryOptions } from '@tanstack/react-query';
import { type Answer, answerOf, api } from '../api/client.ts';

export type ManagementToken = Answer<
  '/portal/api/workspaces/{workspace_id}/management-tokens',
  'get'
>[number];
export type Permission = ManagementToken['permissions'][number];

/** For admins alone. */
export const managementTokensQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'management-tokens'],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}/management-tokens', {
          params: { path: { workspace_id: workspaceId } },
          signal,
        }),
      ),
  });

/** What each permission lets a program do. */
export const PERMISSIONS: readonly { readonly value: Permission; readonly hint: string }[] = [
  { value: 'projects:view', hint: 'List projects and read the audit log.' },
  { value: 'projects:manage', hint: 'Create, rename and delete projects; end and erase end users.' },
  { value: 'api-keys:view', hint: 'List API keys, never their values; explain refused requests.' },
  { value: 'api-keys:create', hint: 'Create API keys in every project.' },
  { value: 'api-keys:delete', hint: 'Revoke API keys. Together with api-keys:create also rotate them.' },
];
