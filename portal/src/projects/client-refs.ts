import { queryOptions } from '@tanstack/react-query';
import { type Answer, answerOf, api } from '../api/client.ts';
import type { ApiKey } from '../api-keys/api-keys.ts';
import { lengthError } from '../form/rules.ts';

type Usage = Answer<'/portal/api/workspaces/{workspace_id}/usage', 'get'>;

const CLIENT_REF_MAX = 256;

/** Usage by end user, of the last 30 days. */
export const clientRefUsageQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'usage', { by: 'client_ref' }],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}/usage', {
          params: { path: { workspace_id: workspaceId }, query: { by: 'client_ref' } },
          signal,
        }),
      ),
  });

/** End users that were active or have a key, those of the last days first. */
export function knownClientRefs(
  usage: Usage | undefined,
  keys: readonly ApiKey[],
  projectId: number | undefined,
): ReadonlySet<string> {
  const active = (usage?.rows ?? []).map((row) => row.value).reverse();
  const withKey = keys.filter((key) => key.project_id === projectId).map((key) => key.client_ref ?? '');
  return new Set([...active, ...withKey].filter((each) => each !== ''));
}

/** What is wrong with a client_ref. One that is misspelt is accepted by the server, and ends nothing. */
export function clientRefError(value: string, known: ReadonlySet<string>): string | undefined {
  if (value === '') return 'Enter a client_ref.';
  if (value.trim() === '') return 'Enter a client_ref. Spaces alone are none.';
  if (value !== value.trim() && !known.has(value)) return 'Remove the space at the start or the end.';
  if (/[\p{Cc}\p{Cs}]/u.test(value)) return 'Remove the characters that cannot be printed.';
  // A browser takes these for steps of the path, even when they are escaped.
  if (value === '.' || value === '..') return 'The portal cannot name this end user. Use the Management API.';
  return lengthError(value, CLIENT_REF_MAX);
}
