import { Navigate } from '@tanstack/react-router';
import { EmptyState } from '../ui/feedback/empty-state.tsx';
import { PeopleIcon } from '../ui/icons/icons.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { Layout } from './layout.tsx';
import { SignedIn, useSignedIn } from './session/signed-in.tsx';
import { preferredWorkspace } from './workspace/use-workspace.ts';

/** Opens the workspace that was used last. */
export function HomePage() {
  return (
    <SignedIn>
      <OpenPreferred />
    </SignedIn>
  );
}

function OpenPreferred() {
  const { workspaces } = useSignedIn();
  const workspace = preferredWorkspace(workspaces);
  if (workspace !== undefined) {
    return (
      <Navigate to="/workspaces/$workspaceId" params={{ workspaceId: workspace.workspace_id }} replace />
    );
  }
  return (
    <Layout workspaceId={undefined}>
      <PageHeader title="No workspace" />
      <EmptyState icon={<PeopleIcon size={20} />} title="You are in no workspace">
        Ask an admin of a workspace for an invitation link, then open it here.
      </EmptyState>
    </Layout>
  );
}
