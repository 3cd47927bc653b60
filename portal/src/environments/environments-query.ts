import { queryOptions } from '@tanstack/react-query';
import { type Answer, answerOf, api } from '../api/client.ts';

const ENVIRONMENTS = '/portal/api/workspaces/{workspace_id}/environments';

export type Environment = Answer<typeof ENVIRONMENTS, 'get'>['environments'][number];
export type EnvironmentNode = Environment['nodes'][number];

/** Heartbeats come five times a second. */
const CUT_OFF_SECONDS = 10;

/** Of one with a database of its own: it does not hear of changes, and may be at work all the same. */
export const isCutOff = ({ replication }: Environment): boolean =>
  replication !== null &&
  (replication.has_missed_changes ||
    replication.lag_seconds === null ||
    replication.lag_seconds > CUT_OFF_SECONDS);

const REFRESH_MS = 5_000;

/** All environments, asked for again every few seconds while somebody looks. */
export const environmentsQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'environments'],
    queryFn: ({ signal }) =>
      answerOf(api.GET(ENVIRONMENTS, { params: { path: { workspace_id: workspaceId } }, signal })),
    refetchInterval: REFRESH_MS,
    refetchIntervalInBackground: false,
  });
