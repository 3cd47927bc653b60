import { useMutation, useQueryClient } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client.ts';
import { Problem } from '../../api/problem.ts';
import type { Product } from '../../samples/endpoints.ts';
import { projectsQuery } from '../../shell/workspace/projects.ts';
import type { requestOf } from './form-values.ts';

export interface MintRequest {
  /** The default one where none is named. */
  readonly projectId: number | undefined;
  readonly product: Product;
  readonly body: ReturnType<typeof requestOf>;
}

/** Makes a temporary key. Its value goes to `onKey` alone: nothing of it stays in a cache. */
export function useMint(workspaceId: string, onKey: (value: string) => void) {
  const client = useQueryClient();
  const defaultProject = async (): Promise<number> => {
    const projects = await client.ensureQueryData(projectsQuery(workspaceId));
    const found = projects.find(({ is_default }) => is_default) ?? projects[0];
    if (found === undefined) throw new Problem({ status: 404, error: 'Not Found', detail: NO_PROJECT });
    return found.project_id;
  };
  return useMutation<void, Problem, MintRequest>({
    mutationFn: async ({ projectId, product, body }) => {
      const project = projectId ?? (await defaultProject());
      const { key_value } = await answerOf(
        api.POST('/portal/api/workspaces/{workspace_id}/projects/{project_id}/temporary-keys', {
          params: {
            path: { workspace_id: workspaceId, project_id: String(project) },
            query: { type: product },
          },
          body,
        }),
      );
      onKey(key_value);
    },
  });
}

const NO_PROJECT = 'There is no project. Create one first.';
