import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { type Answer, answerOf, api, type Paths } from '../api/client.ts';

const AUDIT = '/portal/api/workspaces/{workspace_id}/audit';
const REQUEST = '/portal/api/workspaces/{workspace_id}/requests/{request_id}';

export type AuditEntry = Answer<typeof AUDIT, 'get'>['entries'][number];
export type AuditAction = NonNullable<
  NonNullable<Paths[typeof AUDIT]['get']['parameters']['query']>['action']
>;
export type Verification = Answer<`${typeof AUDIT}/verify`, 'get'>;
export type RequestExplanation = Answer<typeof REQUEST, 'get'>;

export interface AuditFilter {
  readonly action: AuditAction | undefined;
  readonly search: string | undefined;
}

const PAGE = 50;

/** Entries of the audit log, the newest first, a page at a time. */
export const auditQuery = (workspaceId: string, { action, search }: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['workspaces', workspaceId, 'audit', { action, search }],
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET(AUDIT, {
          params: {
            path: { workspace_id: workspaceId },
            query: {
              limit: PAGE,
              ...(pageParam !== undefined && { before: pageParam }),
              ...(action !== undefined && { action }),
              ...(search !== undefined && { search }),
            },
          },
          signal,
        }),
      ).then(({ entries }) => entries),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => (page.length < PAGE ? undefined : page.at(-1)?.sequence),
    placeholderData: keepPreviousData,
    // All pages that are loaded would be fetched again whenever somebody comes back to the window.
    refetchOnWindowFocus: false,
  });

/** Checks the whole log; against an entry noted earlier, `sequence:hash`, when one is given. */
export const verifyLog = (workspaceId: string, expect: string): Promise<Verification> =>
  answerOf(
    api.GET(`${AUDIT}/verify`, {
      params: { path: { workspace_id: workspaceId }, query: expect === '' ? {} : { expect } },
    }),
  );

/** Why a request was refused. */
export const requestQuery = (workspaceId: string, requestId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'requests', requestId],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET(REQUEST, {
          params: { path: { workspace_id: workspaceId, request_id: requestId } },
          signal,
        }),
      ),
  });
