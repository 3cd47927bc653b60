import { Outlet, useParams } from '@tanstack/react-router';
import { useEffect } from 'react';
import { ButtonLink } from '../../ui/button/button-link.tsx';
import { EmptyState } from '../../ui/feedback/empty-state.tsx';
import { FolderIcon } from '../../ui/icons/icons.tsx';
import { PageHeader } from '../../ui/layout/page-header.tsx';
import { Layout } from '../layout.tsx';
import { SignedIn, useSignedIn } from '../session/signed-in.tsx';
import { preferredWorkspace, rememberWorkspace } from './use-workspace.ts';

/** The frame of the pages of one workspace. */
export function WorkspaceLayout() {
  return (
    <SignedIn>
      <OpenWorkspace />
    </SignedIn>
  );
}

function OpenWorkspace() {
  const { workspaceId } = useParams({ from: '/workspaces/$workspaceId' });
  const { workspaces } = useSignedIn();
  const isMember = workspaces.some((each) => each.workspace_id === workspaceId);
  useEffect(() => {
    if (isMember) rememberWorkspace(workspaceId);
  }, [isMember, workspaceId]);
  if (!isMember) {
    return (
      <Layout workspaceId={preferredWorkspace(workspaces)?.workspace_id}>
        <NoSuchWorkspace />
      </Layout>
    );
  }
  return (
    <Layout workspaceId={workspaceId}>
      {/* Pages of one workspace keep nothing for the next. */}
      <Outlet key={workspaceId} />
    </Layout>
  );
}

function NoSuchWorkspace() {
  return (
    <>
      <PageHeader title="Workspace not found" />
      <EmptyState
        icon={<FolderIcon size={20} />}
        title="You are not a member of this workspace"
        action={<ButtonLink to="/">Open another workspace</ButtonLink>}
      >
        It was deleted, or an admin has to invite you again.
      </EmptyState>
    </>
  );
}
