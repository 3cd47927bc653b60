import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { type Answer, answerOf, api } from '../api/client.ts';
import type { Problem } from '../api/problem.ts';

export type ApiKey = Answer<'/portal/api/workspaces/{workspace_id}/api-keys', 'get'>[number];
export type Receipt = Answer<'/portal/api/workspaces/{workspace_id}/receipts/{version}', 'get'>;

export interface NewApiKey {
  readonly project_id: number;
  readonly name: string;
  readonly expires_at?: string;
  readonly client_ref?: string;
  readonly keep_serving_hours?: number;
}

export interface Rotation {
  readonly apiKeyId: string;
  readonly graceSeconds: number;
  readonly expiresAt?: string | undefined;
}

const keysOf = (workspaceId: string) => ['workspaces', workspaceId, 'api-keys'] as const;

/** The API keys of a workspace, or of one of its projects, newest first. */
export const apiKeysQuery = (workspaceId: string, project?: number) =>
  queryOptions({
    queryKey: [...keysOf(workspaceId), { project }],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}/api-keys', {
          params: {
            path: { workspace_id: workspaceId },
            query: project === undefined ? {} : { project_id: project },
          },
          signal,
        }),
      ),
  });

/** An answer comes when all is complete or the time is up: short, so that what has come in meanwhile is seen. */
const RECEIPT_WAIT_SECONDS = 1;
const NEXT_RECEIPT_MILLISECONDS = 250;

/** How far a change has come, asked for until it is complete. Begins with the receipt of the change itself. */
export const receiptQuery = (workspaceId: string, first: Receipt) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'receipts', first.version],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}/receipts/{version}', {
          params: {
            path: { workspace_id: workspaceId, version: String(first.version) },
            query: { wait: RECEIPT_WAIT_SECONDS },
          },
          signal,
        }),
      ),
    initialData: first,
    enabled: ({ state }) => state.data?.complete !== true,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.status === 'error' ? false : NEXT_RECEIPT_MILLISECONDS),
  });

/** The value of a new key goes to `onKey` alone: nothing of it stays in a cache. */
export function useCreateApiKey(workspaceId: string, onKey: (value: string) => void) {
  const refresh = useRefresh(workspaceId);
  return useMutation<void, Problem, NewApiKey>({
    mutationFn: async (body) => {
      const path = { workspace_id: workspaceId };
      const { key_value } = await answerOf(
        api.POST('/portal/api/workspaces/{workspace_id}/api-keys', { params: { path }, body }),
      );
      if (key_value !== undefined) onKey(key_value);
    },
    onSuccess: refresh,
  });
}

export function useRotateApiKey(workspaceId: string, onKey: (value: string) => void) {
  const refresh = useRefresh(workspaceId);
  return useMutation<void, Problem, Rotation>({
    mutationFn: async ({ apiKeyId, graceSeconds, expiresAt }) => {
      const { key_value } = await answerOf(
        api.POST('/portal/api/workspaces/{workspace_id}/api-keys/{apikey_id}/rotate', {
          params: { path: { workspace_id: workspaceId, apikey_id: apiKeyId } },
          body: {
            grace_seconds: graceSeconds,
            ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
          },
        }),
      );
      onKey(key_value);
    },
    onSuccess: refresh,
  });
}

export function useRevokeApiKey(workspaceId: string) {
  const refresh = useRefresh(workspaceId);
  return useMutation<Receipt, Problem, string>({
    mutationFn: async (apiKeyId) => {
      const { receipt } = await answerOf(
        api.DELETE('/portal/api/workspaces/{workspace_id}/api-keys/{apikey_id}', {
          params: { path: { workspace_id: workspaceId, apikey_id: apiKeyId } },
        }),
      );
      return receipt;
    },
    onSuccess: refresh,
  });
}

/** Not waited for: what was done is shown at once, the list follows. */
function useRefresh(workspaceId: string): () => void {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: keysOf(workspaceId) });
}
