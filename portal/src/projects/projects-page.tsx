import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { projectsQuery } from '../shell/workspace/projects.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { PlusIcon } from '../ui/icons/icons.tsx';
import { Card } from '../ui/layout/card.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { CreateProjectDialog } from './create-project-dialog.tsx';
import { EndUsersCard } from './end-users-card.tsx';
import { ProjectsTable } from './projects-table.tsx';

const PURPOSE = 'A project owns API keys, jobs and usage. A key of one project reaches nothing of another.';

export function ProjectsPage() {
  const { workspaceId, isAdmin } = useWorkspace();
  const projects = useQuery(projectsQuery(workspaceId));
  const [isCreating, setIsCreating] = useState(false);
  const create = (
    <Button variant="primary" icon={<PlusIcon />} onClick={() => setIsCreating(true)}>
      Create project
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Projects"
        description={isAdmin ? PURPOSE : `${PURPOSE} Only admins of the workspace can change projects.`}
        actions={isAdmin ? create : undefined}
      />
      <Stack gap={5}>
        <Card isFlush>
          {projects.error === null ? (
            <ProjectsTable projects={projects.data} />
          ) : (
            <ErrorState
              error={projects.error}
              onRetry={() => projects.refetch()}
              isRetrying={projects.isFetching}
            />
          )}
        </Card>
        {isAdmin ? <EndUsersCard /> : null}
      </Stack>
      {isCreating ? (
        <CreateProjectDialog projects={projects.data ?? []} onClose={() => setIsCreating(false)} />
      ) : null}
    </>
  );
}
