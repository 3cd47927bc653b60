import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { takeHandedFiles } from '../shell/workspace/handed-files.ts';
import { projectsQuery, useChosenProject } from '../shell/workspace/projects.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { UploadIcon } from '../ui/icons/icons.tsx';
import { Card } from '../ui/layout/card.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { JobFilters } from './job-filters.tsx';
import { JobList } from './list/job-list.tsx';
import { JobTableSkeleton } from './list/job-table.tsx';
import { rememberListSearch } from './list-search.ts';
import { DropTarget } from './upload/drop-target.tsx';
import { UploadDialog, type UploadDraft } from './upload/upload-dialog.tsx';
import { UploadPanel } from './upload/upload-panel.tsx';
import { useTypedText } from './use-typed-text.ts';

/** Recordings that were dropped on another page. */
function handedDraft(): UploadDraft | undefined {
  const files = takeHandedFiles();
  return files.length > 0 ? { files } : undefined;
}

const PAGE = '/workspaces/$workspaceId/jobs';

/** The jobs of a project: uploads them, follows them, finds them. */
export function JobsPage() {
  const { workspaceId } = useWorkspace();
  const projects = useQuery(projectsQuery(workspaceId));
  const project = useChosenProject();
  const search = useSearch({ from: PAGE });
  const { client_ref: clientRef, status, q = '' } = search;
  useEffect(() => rememberListSearch(workspaceId, search), [workspaceId, search]);
  const navigate = useNavigate({ from: PAGE });
  const [text, setText] = useTypedText(q, (next) =>
    navigate({
      search: (before) => ({ ...before, q: next === '' ? undefined : next }),
      replace: true,
      resetScroll: false,
    }),
  );
  const [draft, setDraft] = useState<UploadDraft | undefined>(handedDraft);
  const openWith = useCallback((files: readonly File[]) => setDraft({ files }), []);
  const upload = (
    <Button
      variant="primary"
      icon={<UploadIcon />}
      disabled={project === undefined}
      onClick={() => setDraft({ files: [] })}
    >
      Upload recordings
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Jobs"
        description="Recordings and their transcripts. Drop files anywhere on this page to transcribe them."
        actions={upload}
      />
      <UploadPanel workspaceId={workspaceId} onChangeSettings={setDraft} />
      <Card isFlush>
        <JobFilters text={text} onTextChange={setText} />
        {project === undefined ? (
          <NoProject
            error={projects.error}
            onRetry={() => projects.refetch()}
            isRetrying={projects.isFetching}
          />
        ) : (
          <JobList
            key={`${project.project_id} ${clientRef ?? ''}`}
            scope={{ workspaceId, projectId: project.project_id, clientRef }}
            status={status}
            text={text}
            firstAction={upload}
          />
        )}
      </Card>
      {project === undefined ? null : (
        <>
          {draft === undefined ? <DropTarget onFiles={openWith} /> : null}
          <UploadDialog
            draft={draft}
            project={project}
            clientRef={clientRef}
            onClose={() => setDraft(undefined)}
          />
        </>
      )}
    </>
  );
}

interface NoProjectProps {
  readonly error: { readonly message: string } | null;
  readonly onRetry: () => void;
  readonly isRetrying: boolean;
}

/** Until the projects are known, or because they cannot be. */
function NoProject({ error, onRetry, isRetrying }: NoProjectProps) {
  if (error !== null) return <ErrorState error={error} onRetry={onRetry} isRetrying={isRetrying} />;
  return <JobTableSkeleton />;
}
