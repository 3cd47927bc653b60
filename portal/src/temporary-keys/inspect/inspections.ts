import { useMutation } from '@tanstack/react-query';
import { type Answer, answerOf, api } from '../../api/client.ts';
import type { Problem } from '../../api/problem.ts';

export type Verdict = Answer<'/portal/api/workspaces/{workspace_id}/temporary-keys/inspect', 'post'>;
export type Explanation = Answer<'/portal/api/workspaces/{workspace_id}/requests/{request_id}', 'get'>;

/** Asks whether a key is accepted. The key is read when it is sent, so that no cache holds it. */
export function useInspection(workspaceId: string, keyNow: () => string) {
  return useMutation<Verdict, Problem, void>({
    mutationFn: () =>
      answerOf(
        api.POST('/portal/api/workspaces/{workspace_id}/temporary-keys/inspect', {
          params: { path: { workspace_id: workspaceId } },
          body: { key_value: keyNow() },
        }),
      ),
  });
}

/** Asks why a request was refused. */
export function useExplanation(workspaceId: string) {
  return useMutation<Explanation, Problem, string>({
    mutationFn: (requestId) =>
      answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}/requests/{request_id}', {
          params: { path: { workspace_id: workspaceId, request_id: requestId } },
        }),
      ),
  });
}
