import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client.ts';

const MAX_SUGGESTIONS = 200;

/** The client_refs that used anything in the last month, the busiest first: what one may mean to look for. */
export const clientRefsQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'usage', { by: 'client_ref' }, 'names'],
    queryFn: async ({ signal }): Promise<readonly string[]> => {
      const { rows } = await answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}/usage', {
          params: { path: { workspace_id: workspaceId }, query: { by: 'client_ref' } },
          signal,
        }),
      );
      const counts = new Map<string, number>();
      for (const { value, count } of rows) {
        if (value !== '') counts.set(value, (counts.get(value) ?? 0) + count);
      }
      const busiestFirst = [...counts].sort(([, one], [, other]) => other - one);
      return busiestFirst.slice(0, MAX_SUGGESTIONS).map(([name]) => name);
    },
    staleTime: 60_000,
  });

const MAX_LENGTH = 256;

/** What is wrong with a client_ref, or undefined; an empty one is none. */
export function clientRefError(value: string): string | undefined {
  if (value.length > MAX_LENGTH) {
    return `Use at most ${MAX_LENGTH} characters; this has ${value.length}.`;
  }
  return /\p{Cc}|\p{Cs}/u.test(value) ? 'Leave out line breaks and other control characters.' : undefined;
}
