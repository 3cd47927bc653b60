import { useQuery } from '@tanstack/react-query';
import { downloadCsv } from '../csv.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { Notice } from '../ui/feedback/notice.tsx';
import { DownloadIcon } from '../ui/icons/icons.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { LimitsCard } from './limits-card.tsx';
import { periodError } from './period/period.ts';
import { PeriodControls } from './period/period-controls.tsx';
import { usageCsv } from './usage-csv.ts';
import { usageQuery } from './usage-query.ts';
import { UsageReport } from './usage-report.tsx';
import { useUsageChoice } from './usage-search.ts';

/** What the workspace has transcribed, and how much of its limits it has used. */
export function UsagePage() {
  const { workspaceId } = useWorkspace();
  const choice = useUsageChoice();
  const { period, by } = choice;
  const wrong = periodError(period);
  const usage = useQuery({ ...usageQuery(workspaceId, period, by), enabled: wrong === undefined });
  const shown = usage.isPlaceholderData ? undefined : usage.data;
  const download = () => {
    if (shown === undefined) return;
    downloadCsv(`usage-${shown.by}-${shown.period.since}-${shown.period.until}.csv`, usageCsv(shown));
  };
  return (
    <>
      <PageHeader
        title="Usage"
        description="Audio that was transcribed in this workspace, in all projects and environments. Days are those of UTC."
        actions={
          <Button icon={<DownloadIcon />} onClick={download} disabled={!shown || shown.rows.length === 0}>
            Export CSV
          </Button>
        }
      />
      <Stack gap={5}>
        <PeriodControls choice={choice} />
        {wrong === undefined ? (
          <UsageReport usage={usage} period={period} by={by} />
        ) : (
          <Notice tone="warning" title="These days cannot be shown" isLive>
            {wrong}
          </Notice>
        )}
        <LimitsCard />
      </Stack>
    </>
  );
}
