import { useMutation, useQueryClient } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Stack } from '../ui/layout/stack.tsx';
import { ConfirmDialog } from '../ui/overlay/confirm-dialog.tsx';
import { toast } from '../ui/overlay/toast.tsx';
import { isOnlyAdmin, type Member, membersQuery } from './members.ts';
import { OnlyAdminDialog } from './only-admin-dialog.tsx';

interface RemoveMemberDialogProps {
  readonly member: Member;
  readonly members: readonly Member[];
  readonly onClose: () => void;
}

export function RemoveMemberDialog({ member, members, onClose }: RemoveMemberDialogProps) {
  const { workspaceId } = useWorkspace();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      answerOf(
        api.DELETE('/portal/api/workspaces/{workspace_id}/members/{account_id}', {
          params: { path: { workspace_id: workspaceId, account_id: member.account_id } },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: membersQuery(workspaceId).queryKey });
      toast.done('Member removed.');
      onClose();
    },
  });
  if (isOnlyAdmin(member, members)) return <OnlyAdminDialog member={member} onClose={onClose} />;
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Remove ${member.name}?`}
      confirmLabel="Remove member"
      onConfirm={() => remove.mutate()}
      isBusy={remove.isPending}
      error={remove.error?.message}
    >
      <Stack gap={2}>
        <p>{member.email} can no longer open this workspace, and what they have open in the portal ends.</p>
        <p>API keys belong to the workspace and go on working. Revoke those whose value this person knows.</p>
      </Stack>
    </ConfirmDialog>
  );
}
