import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { PlusIcon } from '../ui/icons/icons.tsx';
import { Card } from '../ui/layout/card.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { InvitationsCard } from './invitations-card.tsx';
import { InviteDialog } from './invite-dialog.tsx';
import { membersQuery } from './members.ts';
import { MembersTable } from './members-table.tsx';

const PURPOSE = 'The people who can open this workspace.';

export function MembersPage() {
  const { workspaceId, isAdmin } = useWorkspace();
  const members = useQuery(membersQuery(workspaceId));
  const [isInviting, setIsInviting] = useState(false);
  const invite = (
    <Button variant="primary" icon={<PlusIcon />} onClick={() => setIsInviting(true)}>
      Invite member
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Members"
        description={isAdmin ? PURPOSE : `${PURPOSE} Only admins can invite people and change roles.`}
        actions={isAdmin ? invite : undefined}
      />
      <Stack gap={5}>
        <Card isFlush>
          {members.error === null ? (
            <MembersTable members={members.data} />
          ) : (
            <ErrorState
              error={members.error}
              onRetry={() => members.refetch()}
              isRetrying={members.isFetching}
            />
          )}
        </Card>
        {isAdmin ? <InvitationsCard /> : null}
      </Stack>
      {isInviting ? <InviteDialog members={members.data ?? []} onClose={() => setIsInviting(false)} /> : null}
    </>
  );
}
