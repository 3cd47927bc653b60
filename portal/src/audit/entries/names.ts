import { queryOptions, useQuery } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client.ts';
import { projectsQuery } from '../../shell/workspace/projects.ts';
import type { AuditEntry } from '../audit-query.ts';

/** Names by id: of API keys, projects, management tokens and accounts. */
export type Names = ReadonlyMap<string, string>;

/** Of the API keys that there are. */
export const keyNamesQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'api-keys', 'names'],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}/api-keys', {
          params: { path: { workspace_id: workspaceId }, query: {} },
          signal,
        }),
      ).then((keys) => keys.map(({ apikey_id, name }) => [apikey_id, name] as const)),
  });

/** People of the workspace, for their names and for whom to ask. */
export const membersQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'members', 'of the audit log'],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}/members', {
          params: { path: { workspace_id: workspaceId } },
          signal,
        }),
      ),
  });

const MADE = ['api_key.created', 'management_token.created', 'project.created'] as const;
const MAX_MADE = 300;

/** Of what was made lately, also of what is gone since: the entry of its end has its id alone. */
const madeNamesQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'audit', 'names'],
    queryFn: async ({ signal }) => {
      const answers = MADE.map((action) =>
        answerOf(
          api.GET('/portal/api/workspaces/{workspace_id}/audit', {
            params: { path: { workspace_id: workspaceId }, query: { action, limit: MAX_MADE } },
            signal,
          }),
        ),
      );
      return (await Promise.all(answers)).flatMap(({ entries }) => entries.flatMap(namesIn));
    },
    staleTime: 60_000,
  });

/** What the things that entries name are called: now, or when they were made. */
export function useNames(workspaceId: string, entries: readonly AuditEntry[]): Names {
  const { data: projects = [] } = useQuery(projectsQuery(workspaceId));
  const { data: keys = [] } = useQuery(keyNamesQuery(workspaceId));
  const { data: members = [] } = useQuery(membersQuery(workspaceId));
  const { data: made = [] } = useQuery(madeNamesQuery(workspaceId));
  return new Map([
    ...made,
    ...entries.flatMap(namesIn),
    ...projects.map(({ project_id, name }) => [String(project_id), name] as const),
    ...keys,
    ...members.map(({ account_id, email }) => [account_id, email] as const),
  ]);
}

/** The names that an entry itself tells: of its actor, and of what it made. */
function namesIn({ actor, target, details }: AuditEntry): [string, string][] {
  const names: [string, string][] = actor.name === undefined ? [] : [[actor.id, actor.name]];
  return typeof details.name === 'string' ? [...names, [target, details.name]] : names;
}
