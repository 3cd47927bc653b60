import { useMutation } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client.ts';
import type { Problem } from '../../api/problem.ts';
import type { Product } from '../../samples/endpoints.ts';
import type { requestOf } from './form-values.ts';

export interface MintRequest {
  readonly projectId: number;
  readonly product: Product;
  readonly body: ReturnType<typeof requestOf>;
}

/** Makes a temporary key. Its value goes to `onKey` alone: nothing of it stays in a cache. */
export function useMint(workspaceId: string, onKey: (value: string) => void) {
  return useMutation<void, Problem, MintRequest>({
    mutationFn: async ({ projectId, product, body }) => {
      const { key_value } = await answerOf(
        api.POST('/portal/api/workspaces/{workspace_id}/projects/{project_id}/temporary-keys', {
          params: {
            path: { workspace_id: workspaceId, project_id: String(projectId) },
            query: { type: product },
          },
          body,
        }),
      );
      onKey(key_value);
    },
  });
}
