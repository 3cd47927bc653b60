import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type Job, nameOf } from '../jobs/job.ts';
import { JobStatusBadge } from '../jobs/job-status.tsx';
import { useChosenProject } from '../shell/workspace/projects.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { ButtonLink } from '../ui/button/button-link.tsx';
import { type Column, Table } from '../ui/data/table.tsx';
import { Time } from '../ui/data/time.tsx';
import { EmptyState } from '../ui/feedback/empty-state.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { FileIcon } from '../ui/icons/icons.tsx';
import { Card } from '../ui/layout/card.tsx';
import { recentJobsQuery } from './progress.ts';

/** The newest jobs of the chosen project. */
export function RecentJobs() {
  const { workspaceId } = useWorkspace();
  const project = useChosenProject();
  const jobs = useQuery(recentJobsQuery(workspaceId, project?.project_id));
  return (
    <Card
      title="Recent jobs"
      isFlush
      actions={
        <ButtonLink
          size="small"
          to="/workspaces/$workspaceId/jobs"
          params={{ workspaceId }}
          search={({ project }) => ({ project })}
        >
          All jobs
        </ButtonLink>
      }
    >
      {jobs.error !== null && jobs.data === undefined ? (
        <ErrorState error={jobs.error} onRetry={() => jobs.refetch()} isRetrying={jobs.isFetching} />
      ) : jobs.data?.length === 0 ? (
        <EmptyState icon={<FileIcon size={20} />} title="No jobs yet">
          A recording that you send appears here with its transcript.
        </EmptyState>
      ) : (
        <Table
          label="Recent jobs"
          columns={columns(workspaceId)}
          rows={jobs.data ?? []}
          rowKey={(job) => job.id}
          skeletonRows={jobs.isPending ? 3 : undefined}
        />
      )}
    </Card>
  );
}

const columns = (workspaceId: string): Column<Job>[] => [
  {
    key: 'recording',
    header: 'Recording',
    isName: true,
    cell: (job) => (
      <Link
        to="/workspaces/$workspaceId/jobs/$jobId"
        params={{ workspaceId, jobId: job.id }}
        search={({ project }) => ({ project })}
      >
        {nameOf(job)}
      </Link>
    ),
  },
  { key: 'status', header: 'Status', cell: (job) => <JobStatusBadge status={job.status} /> },
  { key: 'created', header: 'Created', align: 'end', cell: (job) => <Time value={job.created_at} /> },
];
