import { useQuery } from '@tanstack/react-query';
import { useSignedIn } from '../shell/session/signed-in.tsx';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Badge } from '../ui/data/badge.tsx';
import { DescriptionList } from '../ui/data/description-list.tsx';
import { Time } from '../ui/data/time.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { Skeleton } from '../ui/feedback/skeleton.tsx';
import { Card } from '../ui/layout/card.tsx';
import { Row, Stack } from '../ui/layout/stack.tsx';
import styles from './settings.module.css';
import { type Workspace, workspaceQuery } from './workspace.ts';

/** What the operator has agreed with the workspace. */
export function TermsCard() {
  const { workspaceId } = useWorkspace();
  const { support_contact } = useSignedIn();
  const workspace = useQuery(workspaceQuery(workspaceId));
  return (
    <Card title="Plan" description="What the operator of this server has agreed with the workspace.">
      {workspace.isError ? (
        <ErrorState
          error={workspace.error}
          onRetry={() => workspace.refetch()}
          isRetrying={workspace.isFetching}
        />
      ) : (
        <Stack>
          <DescriptionList items={itemsOf(workspace.data)} />
          <p className={styles.muted}>
            Limits hold in each environment. To change them, contact {support_contact}.
          </p>
        </Stack>
      )}
    </Card>
  );
}

const LABELS = {
  customerType: 'Customer type',
  regions: 'Regions',
  temporaryKeys: 'Temporary keys',
  audio: 'Audio per month',
  jobs: 'Unfinished jobs',
  sessions: 'Live sessions',
  created: 'Created',
} as const;

function itemsOf(workspace: Workspace | undefined) {
  if (workspace === undefined) {
    return Object.values(LABELS).map((label) => ({ label, value: <Skeleton width={140} /> }));
  }
  const { customer_type, regions, max_running_jobs, max_sessions, monthly_audio_hours } = workspace;
  return [
    { label: LABELS.customerType, value: customer_type === 'enterprise' ? 'Enterprise' : 'On-demand' },
    { label: LABELS.regions, value: <Regions regions={regions} /> },
    { label: LABELS.temporaryKeys, value: temporaryKeysOf(workspace) },
    { label: LABELS.audio, value: limitOf(monthly_audio_hours, 'hours', 'No limit') },
    { label: LABELS.jobs, value: limitOf(max_running_jobs, 'at once', 'The limit of the server') },
    { label: LABELS.sessions, value: limitOf(max_sessions, 'at once', 'The limit of the server') },
    { label: LABELS.created, value: <Time value={workspace.created_at} format="day" /> },
  ];
}

function Regions({ regions }: { readonly regions: readonly string[] }) {
  return (
    <Row gap={1}>
      {regions.map((region) => (
        <Badge key={region}>{region}</Badge>
      ))}
    </Row>
  );
}

/** On-demand customers may always mint them. */
function temporaryKeysOf({ customer_type, temporary_keys_enabled }: Workspace): string {
  return customer_type === 'on-demand' || temporary_keys_enabled ? 'Enabled' : 'Not enabled';
}

const number = new Intl.NumberFormat('en');

const limitOf = (limit: number | null, unit: string, none: string): string =>
  limit === null ? none : `${number.format(limit)} ${unit}`;
