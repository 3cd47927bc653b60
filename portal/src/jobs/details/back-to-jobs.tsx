import { Link } from '@tanstack/react-router';
import { ArrowLeftIcon } from '../../ui/icons/icons.tsx';
import { Row } from '../../ui/layout/stack.tsx';
import type { JobScope } from '../job.ts';
import { listSearchOf } from '../list-search.ts';

interface BackToJobsProps {
  readonly scope: Pick<JobScope, 'workspaceId'> & { readonly projectId: number | undefined };
}

/** The way back to the list, as it was left. */
export function BackToJobs({ scope: { workspaceId, projectId } }: BackToJobsProps) {
  return (
    <Row gap={1}>
      <ArrowLeftIcon />
      <Link
        to="/workspaces/$workspaceId/jobs"
        params={{ workspaceId }}
        search={listSearchOf(workspaceId, projectId)}
      >
        Jobs
      </Link>
    </Row>
  );
}
