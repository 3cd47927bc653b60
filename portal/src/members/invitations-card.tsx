import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answerOf, api } from '../api/client.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { Badge } from '../ui/data/badge.tsx';
import { type Column, Table } from '../ui/data/table.tsx';
import { Time } from '../ui/data/time.tsx';
import { EmptyState } from '../ui/feedback/empty-state.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { Card } from '../ui/layout/card.tsx';
import { ConfirmDialog } from '../ui/overlay/confirm-dialog.tsx';
import { toast } from '../ui/overlay/toast.tsx';
import styles from './members.module.css';
import { type Invitation, invitationsQuery, roleName } from './members.ts';

const nameOf = ({ email }: Invitation): string => email ?? 'Anyone with the link';

const COLUMNS: readonly Column<Invitation>[] = [
  {
    key: 'for',
    header: 'For',
    width: '42%',
    isName: true,
    cell: (invitation) => <div className={styles.beside}>{nameOf(invitation)}</div>,
  },
  {
    key: 'role',
    header: 'Role',
    width: '14%',
    cell: ({ role }) => <Badge tone={role === 'admin' ? 'accent' : 'neutral'}>{roleName(role)}</Badge>,
  },
  {
    key: 'created',
    header: 'Created',
    width: '17%',
    cell: (invitation) => <Time value={invitation.created_at} />,
  },
  {
    key: 'expires',
    header: 'Expires',
    width: '17%',
    cell: (invitation) => <Time value={invitation.expires_at} format="day" />,
  },
];

/** Links that still let somebody in. */
export function InvitationsCard() {
  const { workspaceId } = useWorkspace();
  const invitations = useQuery(invitationsQuery(workspaceId));
  const [revoking, setRevoking] = useState<Invitation>();
  const revoke: Column<Invitation> = {
    key: 'actions',
    header: 'Actions',
    isActions: true,
    cell: (invitation) => (
      <Button
        variant="quiet"
        size="small"
        aria-label={`Revoke invitation: ${nameOf(invitation)}`}
        onClick={() => setRevoking(invitation)}
      >
        Revoke
      </Button>
    ),
  };
  return (
    <Card
      title="Open invitations"
      description="Each link lets one person in, within 7 days of its creation."
      isFlush
    >
      {invitations.isError ? (
        <ErrorState
          error={invitations.error}
          onRetry={() => invitations.refetch()}
          isRetrying={invitations.isFetching}
        />
      ) : invitations.data?.length === 0 ? (
        <EmptyState title="No open invitations">
          Links that were not used yet are listed here, until they expire.
        </EmptyState>
      ) : (
        <Table
          label="Open invitations"
          columns={[...COLUMNS, revoke]}
          rows={invitations.data ?? []}
          rowKey={(invitation) => invitation.invitation_id}
          skeletonRows={invitations.isPending ? 2 : undefined}
        />
      )}
      {revoking === undefined ? null : (
        <RevokeDialog invitation={revoking} onClose={() => setRevoking(undefined)} />
      )}
    </Card>
  );
}

interface RevokeDialogProps {
  readonly invitation: Invitation;
  readonly onClose: () => void;
}

function RevokeDialog({ invitation, onClose }: RevokeDialogProps) {
  const { workspaceId } = useWorkspace();
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () =>
      answerOf(
        api.DELETE('/portal/api/workspaces/{workspace_id}/invitations/{invitation_id}', {
          params: { path: { workspace_id: workspaceId, invitation_id: invitation.invitation_id } },
        }),
      ),
    onSuccess: () => {
      toast.done('Invitation revoked.');
      onClose();
    },
    // What failed may be that it was used meanwhile.
    onSettled: () => client.invalidateQueries({ queryKey: invitationsQuery(workspaceId).queryKey }),
  });
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title="Revoke this invitation?"
      confirmLabel="Revoke invitation"
      onConfirm={() => revoke.mutate()}
      isBusy={revoke.isPending}
      error={revoke.error?.message}
    >
      <p>
        {invitation.email === null ? 'Its link' : `The link for ${invitation.email}`} stops working at once.
      </p>
    </ConfirmDialog>
  );
}
