import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { EmptyState } from '../ui/feedback/empty-state.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { PlusIcon, ShieldIcon } from '../ui/icons/icons.tsx';
import { Card } from '../ui/layout/card.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { CreateTokenDialog } from './create-token-dialog.tsx';
import { managementTokensQuery } from './management-tokens.ts';
import { TokensTable } from './tokens-table.tsx';
import { UseCard } from './use-card.tsx';

export function ManagementTokensPage() {
  const { isAdmin } = useWorkspace();
  const [isCreating, setIsCreating] = useState(false);
  const create = (
    <Button variant="primary" icon={<PlusIcon />} onClick={() => setIsCreating(true)}>
      Create management token
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Management Tokens"
        description="A management token lets a program administer the projects and API keys of this workspace. It transcribes nothing: API keys do that."
        actions={isAdmin ? create : undefined}
      />
      {isAdmin ? (
        <Stack gap={5}>
          <Card isFlush>
            <Tokens />
          </Card>
          <UseCard />
        </Stack>
      ) : (
        <Card>
          <EmptyState icon={<ShieldIcon size={20} />} title="Only admins see management tokens">
            Ask an admin of this workspace to create one for you, or to make you an admin.
          </EmptyState>
        </Card>
      )}
      {isCreating ? <CreateTokenDialog onClose={() => setIsCreating(false)} /> : null}
    </>
  );
}

function Tokens() {
  const { workspaceId } = useWorkspace();
  const tokens = useQuery(managementTokensQuery(workspaceId));
  if (tokens.isError) {
    return (
      <ErrorState error={tokens.error} onRetry={() => tokens.refetch()} isRetrying={tokens.isFetching} />
    );
  }
  if (tokens.data?.length === 0) {
    return (
      <EmptyState icon={<ShieldIcon size={20} />} title="No management tokens yet">
        Create one for each program that administers this workspace, with no more permissions than it needs.
      </EmptyState>
    );
  }
  return <TokensTable tokens={tokens.data} />;
}
