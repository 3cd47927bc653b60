import { queryOptions, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { type Answer, answerOf, api } from '../../api/client.ts';
import { useWorkspace } from './use-workspace.ts';

export type Project = Answer<'/portal/api/workspaces/{workspace_id}/projects', 'get'>[number];

/** The projects of a workspace. */
export const projectsQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'projects'],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}/projects', {
          params: { path: { workspace_id: workspaceId } },
          signal,
        }),
      ),
  });

/** The project in the address, if any: what the pages of a workspace are narrowed to. */
export const useProjectFilter = (): number | undefined =>
  useSearch({ from: '/workspaces/$workspaceId', select: (search) => search.project });

/** The project to act in: the one in the address, else the default one. Undefined until the list is there. */
export function useChosenProject(): Project | undefined {
  const { workspaceId } = useWorkspace();
  const filter = useProjectFilter();
  const { data: projects = [] } = useQuery(projectsQuery(workspaceId));
  return (
    projects.find((project) => project.project_id === filter) ??
    projects.find((project) => project.is_default) ??
    projects[0]
  );
}
