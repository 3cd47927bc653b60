import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { type Answer, answerOf, api, type Paths } from '../api/client.ts';
import type { Period } from './period/period.ts';

const USAGE = '/portal/api/workspaces/{workspace_id}/usage';
const LIMITS = '/portal/api/workspaces/{workspace_id}/limits';

export type UsageRow = Answer<typeof USAGE, 'get'>['rows'][number];
export type Limits = Answer<typeof LIMITS, 'get'>;

/** What usage is told apart by; `day` stands for not at all. */
export type Dimension = NonNullable<NonNullable<Paths[typeof USAGE]['get']['parameters']['query']>['by']>;

/** The answer, with what was asked: it may stay on the screen while the next one is fetched. */
export interface Usage {
  readonly period: Period;
  readonly by: Dimension;
  readonly rows: readonly UsageRow[];
}

/** What a workspace transcribed in a period, per day and value of the dimension. */
export const usageQuery = (workspaceId: string, { since, until }: Period, by: Dimension) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'usage', { since, until, by }],
    queryFn: ({ signal }): Promise<Usage> =>
      answerOf(
        api.GET(USAGE, {
          params: { path: { workspace_id: workspaceId }, query: { since, until, by } },
          signal,
        }),
      ).then(({ rows }) => ({ period: { since, until }, by, rows })),
    // The chart stays until the next one is there.
    placeholderData: keepPreviousData,
  });

/** The limits of a workspace, and what it has under way. */
export const limitsQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'limits'],
    queryFn: ({ signal }) =>
      answerOf(api.GET(LIMITS, { params: { path: { workspace_id: workspaceId } }, signal })),
  });
