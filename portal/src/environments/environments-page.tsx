import { useQuery } from '@tanstack/react-query';
import { useSignedIn } from '../shell/session/signed-in.tsx';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { Card } from '../ui/layout/card.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { VisuallyHidden } from '../ui/layout/visually-hidden.tsx';
import { EnvironmentCard, EnvironmentCardSkeleton } from './environment-card.tsx';
import styles from './environments.module.css';
import { type Environment, environmentsQuery, isCutOff } from './environments-query.ts';

/** Where jobs and sessions run, and how each of these places is doing now. */
export function EnvironmentsPage() {
  const { workspaceId } = useWorkspace();
  const environments = useQuery(environmentsQuery(workspaceId));
  const { data } = environments;
  return (
    <>
      <PageHeader
        title="Environments"
        description="An environment is a place where jobs and sessions run, with host names and a queue of its own. An API key works in all environments of its workspace’s regions."
      />
      {data === undefined && environments.error ? (
        <Card>
          <ErrorState
            error={environments.error}
            onRetry={() => environments.refetch()}
            isRetrying={environments.isFetching}
          />
        </Card>
      ) : (
        <Stack gap={4}>
          <Freshness
            updatedAt={environments.dataUpdatedAt}
            hasFailed={environments.isError || environments.failureCount > 0}
          />
          {data === undefined ? (
            <Skeletons />
          ) : (
            data.environments.map((environment) => (
              <EnvironmentCard
                key={environment.environment}
                environment={environment}
                version={data.version}
              />
            ))
          )}
          <p className={styles.note}>
            An environment is up while one of its nodes was heard of within the last seconds. A node that is
            behind has not applied the newest changes of keys yet. An environment that is cut off goes on with
            the keys it knows, and does not hear of new or revoked ones until it is reached again.
          </p>
          <VisuallyHidden role="status">
            {data === undefined ? '' : summaryOf(data.environments)}
          </VisuallyHidden>
        </Stack>
      )}
    </>
  );
}

const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

interface FreshnessProps {
  /** 0 before the first answer. */
  readonly updatedAt: number;
  readonly hasFailed: boolean;
}

/** How old the page is. It has one line, whatever it says. */
function Freshness({ updatedAt, hasFailed }: FreshnessProps) {
  const time = updatedAt === 0 ? '' : ` Last at ${timeOfDay.format(updatedAt)}.`;
  return (
    <p className={styles.freshness} data-has-failed={hasFailed}>
      {hasFailed ? 'This could not be refreshed; trying again.' : 'Refreshes every 5 seconds.'}
      {time}
    </p>
  );
}

/** As many as the installation has; which they are is known from the session. */
function Skeletons() {
  const { endpoints } = useSignedIn();
  const names = [...new Set(endpoints.map(({ environment }) => environment))].sort();
  return names.map((name) => (
    <EnvironmentCardSkeleton
      key={name}
      name={name}
      hosts={endpoints.filter((endpoint) => endpoint.environment === name).length}
    />
  ));
}

/** Read out when it changes: only what is worth an interruption. */
function summaryOf(environments: readonly Environment[]): string {
  const namesOf = (some: readonly Environment[]) => some.map((one) => one.environment).join(', ');
  const cutOff = environments.filter(isCutOff);
  const down = environments.filter((one) => !one.is_up && !isCutOff(one));
  const told = [
    down.length > 0 ? `Down: ${namesOf(down)}.` : '',
    cutOff.length > 0 ? `Cut off: ${namesOf(cutOff)}.` : '',
  ];
  return told.join(' ').trim() || 'All environments are up.';
}
