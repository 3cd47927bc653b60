import { useQuery } from '@tanstack/react-query';
import { useSignedIn } from '../shell/session/signed-in.tsx';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { ProgressBar } from '../ui/data/progress-bar.tsx';
import { type Column, Table } from '../ui/data/table.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { Card } from '../ui/layout/card.tsx';
import styles from './usage.module.css';
import { type Limits, limitsQuery } from './usage-query.ts';
import { formatAudio, formatCount } from './words.ts';

type Used = Limits['environments'][number];

const REFRESH_MS = 15_000;
/** The share of a limit from which on it is shown as nearly used up. */
const NEARLY = 0.8;

/** What the workspace has used of its limits, in each environment. */
export function LimitsCard() {
  const { workspaceId } = useWorkspace();
  const limits = useQuery({ ...limitsQuery(workspaceId), refetchInterval: REFRESH_MS });
  const environments = useEnvironments();
  return (
    <Card title="Limits" description={<Explanation limits={limits.data} />} isFlush>
      {limits.error && limits.data === undefined ? (
        <ErrorState error={limits.error} onRetry={() => limits.refetch()} isRetrying={limits.isFetching} />
      ) : (
        <Table
          label="Limits by environment"
          columns={columnsOf(limits.data)}
          rows={environments.map((environment) => usedIn(environment, limits.data))}
          rowKey={({ environment }) => environment}
          skeletonRows={limits.data === undefined ? environments.length : undefined}
        />
      )}
    </Card>
  );
}

/** The names of all environments: the workspace has nothing yet in those that the answer leaves out. */
function useEnvironments(): string[] {
  const { endpoints } = useSignedIn();
  return [...new Set(endpoints.map(({ environment }) => environment))].sort();
}

function Explanation({ limits }: { readonly limits: Limits | undefined }) {
  if (limits === undefined) return <>Each limit holds in each environment.</>;
  const isUnlimited = [limits.monthly_audio_hours, limits.max_running_jobs, limits.max_sessions].every(
    (limit) => limit === null,
  );
  return isUnlimited ? (
    <>This workspace has no limits. This is what it has used this month (UTC) and has under way now.</>
  ) : (
    <>Each limit holds in each environment. The month is that of UTC.</>
  );
}

const usedIn = (environment: string, limits: Limits | undefined): Used =>
  limits?.environments.find((one) => one.environment === environment) ?? {
    environment,
    audio_hours: 0,
    unfinished_jobs: 0,
    sessions: 0,
  };

const columnsOf = (limits: Limits | undefined): readonly Column<Used>[] => [
  { key: 'environment', header: 'Environment', isName: true, cell: ({ environment }) => environment },
  {
    key: 'audio',
    header: 'Audio this month',
    width: '30%',
    cell: (used) => (
      <Limit
        label={`Audio this month in ${used.environment}`}
        used={used.audio_hours}
        limit={limits?.monthly_audio_hours ?? null}
        format={formatAudio}
      />
    ),
  },
  {
    key: 'jobs',
    header: 'Unfinished jobs',
    width: '26%',
    cell: (used) => (
      <Limit
        label={`Unfinished jobs in ${used.environment}`}
        used={used.unfinished_jobs}
        limit={limits?.max_running_jobs ?? null}
        format={formatCount}
      />
    ),
  },
  {
    key: 'sessions',
    header: 'Open sessions',
    width: '26%',
    cell: (used) => (
      <Limit
        label={`Open sessions in ${used.environment}`}
        used={used.sessions}
        limit={limits?.max_sessions ?? null}
        format={formatCount}
      />
    ),
  },
];

interface LimitProps {
  readonly label: string;
  readonly used: number;
  readonly limit: number | null;
  readonly format: (value: number) => string;
}

/** How much of one limit is used; the bare number where there is none. */
function Limit({ label, used, limit, format }: LimitProps) {
  if (limit === null) return <>{format(used)}</>;
  const share = limit === 0 ? 1 : used / limit;
  const tone = share >= 1 ? 'danger' : share >= NEARLY ? 'warning' : 'accent';
  return (
    <div className={styles.limit}>
      <span>
        {format(used)} of {format(limit)}
        {share >= 1 ? ' (used up)' : ''}
      </span>
      <ProgressBar label={label} isLabelHidden value={share} tone={tone} />
    </div>
  );
}
