import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Problem } from '../api/problem.ts';
import { ProjectSelect } from '../shell/workspace/project-select.tsx';
import { projectsQuery, useChosenProject } from '../shell/workspace/projects.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { EmptyState } from '../ui/feedback/empty-state.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { Skeleton } from '../ui/feedback/skeleton.tsx';
import { FileIcon } from '../ui/icons/icons.tsx';
import { Card } from '../ui/layout/card.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { BackToJobs } from './details/back-to-jobs.tsx';
import { jobQuery } from './details/job-queries.ts';
import { JobView } from './details/job-view.tsx';
import type { JobScope } from './job.ts';

/** A job of the project in the address, else of the default one. */
export function JobPage() {
  const { workspaceId } = useWorkspace();
  const { jobId } = useParams({ from: '/workspaces/$workspaceId/jobs/$jobId' });
  const projects = useQuery(projectsQuery(workspaceId));
  const project = useChosenProject();
  if (project === undefined) {
    return <Waiting workspaceId={workspaceId} error={projects.error} onRetry={() => projects.refetch()} />;
  }
  const scope = { workspaceId, projectId: project.project_id };
  return <JobOf key={jobId} scope={scope} id={jobId} />;
}

function JobOf({ scope, id }: { readonly scope: JobScope; readonly id: string }) {
  const job = useQuery(jobQuery(scope, id));
  if (job.data !== undefined) return <JobView scope={scope} job={job.data} />;
  if (job.error?.status === 404) return <NoJob scope={scope} />;
  return (
    <Waiting
      workspaceId={scope.workspaceId}
      projectId={scope.projectId}
      error={job.error}
      onRetry={() => job.refetch()}
    />
  );
}

interface WaitingProps {
  readonly workspaceId: string;
  readonly projectId?: number;
  readonly error: Problem | null;
  readonly onRetry: () => void;
}

/** Stands for the job until it is there, or because it cannot be had. */
function Waiting({ workspaceId, projectId, error, onRetry }: WaitingProps) {
  return (
    <>
      <PageHeader above={<BackToJobs scope={{ workspaceId, projectId }} />} title="Job" />
      {error === null ? (
        <div role="status" aria-label="Loading the job">
          <Stack gap={4}>
            <Skeleton width={260} height={36} />
            <Skeleton height={320} />
          </Stack>
        </div>
      ) : (
        <ErrorState title="The job could not be loaded" error={error} onRetry={onRetry} />
      )}
    </>
  );
}

/** Jobs of another project look as if they did not exist. */
function NoJob({ scope }: { readonly scope: JobScope }) {
  return (
    <>
      <PageHeader above={<BackToJobs scope={scope} />} title="Job not found" />
      <Card>
        <EmptyState
          icon={<FileIcon size={20} />}
          title="There is no such job in this project"
          action={<ProjectSelect />}
        >
          It was deleted, its time is over, or it belongs to another project.
        </EmptyState>
      </Card>
    </>
  );
}
