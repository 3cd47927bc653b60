import type { UseQueryResult } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useMemo, useState } from 'react';
import type { Problem } from '../api/problem.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { ButtonLink } from '../ui/button/button-link.tsx';
import { EmptyState } from '../ui/feedback/empty-state.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { Skeleton, SkeletonLines } from '../ui/feedback/skeleton.tsx';
import { SegmentedControl } from '../ui/field/radio-group.tsx';
import { ChartIcon } from '../ui/icons/icons.tsx';
import { Card } from '../ui/layout/card.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { DayTable } from './breakdown/day-table.tsx';
import { type Breakdown, breakdownOf, isByWeek } from './breakdown/series.ts';
import { SeriesPatterns } from './breakdown/series-mark.tsx';
import { SeriesTable } from './breakdown/series-table.tsx';
import type { Measure } from './breakdown/usage-chart.tsx';
import type { Period } from './period/period.ts';
import styles from './usage.module.css';
import type { Dimension, Usage } from './usage-query.ts';
import { DIMENSION_WORDS, formatAudio, formatCount, formatDaysInFull } from './words.ts';

const UsageChart = lazy(async () => ({
  default: (await import('./breakdown/usage-chart.tsx')).UsageChart,
}));

interface UsageReportProps {
  readonly usage: UseQueryResult<Usage, Problem>;
  /** What was asked for. */
  readonly period: Period;
  readonly by: Dimension;
}

/** The usage of a period: totals, the chart and its numbers. */
export function UsageReport({ usage, period, by }: UsageReportProps) {
  const { data } = usage;
  if (data !== undefined && data.rows.length > 0) {
    return (
      <div
        className={styles.report}
        aria-busy={usage.isPlaceholderData}
        data-is-old={usage.isPlaceholderData}
      >
        <Figures usage={data} />
      </div>
    );
  }
  if (data !== undefined) return <NothingYet />;
  if (usage.error) {
    return (
      <Card>
        <ErrorState error={usage.error} onRetry={() => usage.refetch()} isRetrying={usage.isFetching} />
      </Card>
    );
  }
  return <ReportSkeleton period={period} by={by} />;
}

function Figures({ usage }: { readonly usage: Usage }) {
  const { rows, period, by } = usage;
  const breakdown = useMemo(() => breakdownOf(rows, period, by), [rows, period, by]);
  const [measure, setMeasure] = useState<Measure>('hours');
  const isSingle = by === 'day';
  return (
    <Stack gap={5}>
      <Totals breakdown={breakdown} />
      <SeriesPatterns series={breakdown.series}>
        <Stack gap={5}>
          <Card
            title={chartTitle(period, by)}
            actions={
              <SegmentedControl
                label="What the chart shows"
                isLabelHidden
                value={measure}
                choices={MEASURES}
                onValueChange={setMeasure}
              />
            }
          >
            <Suspense fallback={<Skeleton height={CHART_HEIGHT} />}>
              <UsageChart breakdown={breakdown} measure={measure} label={chartLabel(period, by)} />
            </Suspense>
          </Card>
          {isSingle ? null : (
            <Card title={`Totals by ${inSentence(by)}`} isFlush>
              <SeriesTable breakdown={breakdown} by={by} />
            </Card>
          )}
          <Card title={dayTitle(period)} description={dayDescription(period)} isFlush>
            <DayTable breakdown={breakdown} measure={measure} />
          </Card>
        </Stack>
      </SeriesPatterns>
    </Stack>
  );
}

const MEASURES = [
  { value: 'hours', label: 'Audio' },
  { value: 'count', label: 'Jobs and sessions' },
] as const;

/** Of the plot in `breakdown.module.css`. */
const CHART_HEIGHT = 280;

/** Names are written as they are; words are not capitalised within a sentence. */
const inSentence = (by: Dimension): string =>
  by === 'key' ? DIMENSION_WORDS.key : DIMENSION_WORDS[by].toLowerCase();

function chartTitle(period: Period, by: Dimension): string {
  const span = isByWeek(period) ? 'By week' : 'By day';
  return by === 'day' ? span : `${span} and ${inSentence(by)}`;
}

const dayTitle = (period: Period): string => (isByWeek(period) ? 'Week by week' : 'Day by day');

const dayDescription = (period: Period): string =>
  `The numbers of the chart. ${isByWeek(period) ? 'Weeks' : 'Days'} without usage are left out.`;

function chartLabel(period: Period, by: Dimension): string {
  const days = formatDaysInFull(period.since, period.until);
  return `Bar chart ${chartTitle(period, by).toLowerCase()}, ${days}. The tables below have its numbers.`;
}

function Totals({ breakdown }: { readonly breakdown: Breakdown }) {
  const { total, buckets } = breakdown;
  const busiest = buckets.reduce((best, one) => (one.total.hours > best.total.hours ? one : best));
  return (
    <dl className={styles.totals}>
      <Total label="Audio transcribed" value={formatAudio(total.hours)} />
      <Total label="Jobs and sessions" value={formatCount(total.count)} />
      <Total
        label={breakdown.isByWeek ? 'Busiest week' : 'Busiest day'}
        value={formatAudio(busiest.total.hours)}
        note={formatDaysInFull(busiest.since, busiest.until)}
      />
    </dl>
  );
}

interface TotalProps {
  readonly label: string;
  readonly value: ReactNode;
  readonly note?: string;
}

function Total({ label, value, note }: TotalProps) {
  return (
    <div className={styles.figure}>
      <dt>{label}</dt>
      <dd>
        {value} {note === undefined ? null : <span className={styles.note}>{note}</span>}
      </dd>
    </div>
  );
}

function NothingYet() {
  const { workspaceId } = useWorkspace();
  return (
    <Card>
      <EmptyState
        icon={<ChartIcon size={20} />}
        title="Nothing was transcribed in these days"
        action={
          <>
            <ButtonLink to="/workspaces/$workspaceId/api-keys" params={{ workspaceId }}>
              Create an API key
            </ButtonLink>
            <ButtonLink to="/workspaces/$workspaceId/jobs" params={{ workspaceId }} variant="primary">
              Transcribe a recording
            </ButtonLink>
          </>
        }
      >
        Each job and each real-time session counts here as soon as it is done. You see it by day, project, API
        key or client_ref.
      </EmptyState>
    </Card>
  );
}

/** Of the size of what comes. */
function ReportSkeleton({ period, by }: Omit<UsageReportProps, 'usage'>) {
  return (
    <div role="status" aria-label="Loading usage">
      <Stack gap={5}>
        <dl className={styles.totals}>
          {['Audio transcribed', 'Jobs and sessions', 'Busiest day'].map((label) => (
            <Total key={label} label={label} value={<Skeleton width={90} />} />
          ))}
        </dl>
        <Card title={chartTitle(period, by)} actions={<Skeleton width={232} height={34} />}>
          <Skeleton height={CHART_HEIGHT} />
        </Card>
        <Card title={dayTitle(period)} description={dayDescription(period)}>
          <SkeletonLines lines={6} />
        </Card>
      </Stack>
    </div>
  );
}
