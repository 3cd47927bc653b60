import { Link } from '@tanstack/react-router';
import { ArrowLeftIcon } from '../../ui/icons/icons.tsx';
import { Row } from '../../ui/layout/stack.tsx';
import type { JobScope } from '../job.ts';

interface BackToJobsProps {
  readonly scope: Pick<JobScope, 'workspaceId'> & { readonly projectId: number | undefined };
}

/** The way back to the list. */
export function BackToJobs({ scope: { workspaceId, projectId } }: BackToJobsProps) {
  return (
    <Row gap={1}>
      <ArrowLeftIcon />
      <Link
        to="/workspaces/$workspaceId/jobs"
        params={{ workspaceId }}
        search={projectId === undefined ? {} : { project: projectId }}
      >
        Jobs
      </Link>
    </Row>
  );
}
