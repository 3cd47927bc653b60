import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { type Answer, answerOf, api } from './client.ts';

export type Session = Answer<'/portal/api/session', 'get'>;
export type Account = NonNullable<Session['account']>;
export type WorkspaceEntry = Session['workspaces'][number];

/** Who is signed in here, and what this installation offers. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => answerOf(api.GET('/portal/api/session', { signal })),
  staleTime: 60_000,
});

export const useSession = (): Session => useSuspenseQuery(sessionQuery).data;
