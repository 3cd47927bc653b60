import { useMutation } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';
import { useSignedIn } from '../shell/session/signed-in.tsx';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Notice } from '../ui/feedback/notice.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { ConfirmDialog } from '../ui/overlay/confirm-dialog.tsx';
import { isOnlyAdmin, type Member } from './members.ts';
import { OnlyAdminDialog } from './only-admin-dialog.tsx';

interface LeaveDialogProps {
  readonly members: readonly Member[];
  readonly onClose: () => void;
}

/** The way out of the workspace. */
export function LeaveDialog({ members, onClose }: LeaveDialogProps) {
  const { workspaceId, name } = useWorkspace();
  const { account } = useSignedIn();
  const leave = useMutation({
    mutationFn: () =>
      answerOf(
        api.DELETE('/portal/api/workspaces/{workspace_id}/members/{account_id}', {
          params: { path: { workspace_id: workspaceId, account_id: account.account_id } },
        }),
      ),
    // Loading the page anew leaves nothing of the workspace in memory.
    onSuccess: () => window.location.assign('/portal/'),
  });
  const self = members.find((member) => member.account_id === account.account_id);
  const isAlone = members.length === 1;
  if (self !== undefined && !isAlone && isOnlyAdmin(self, members)) {
    return <OnlyAdminDialog member={self} onClose={onClose} />;
  }
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Leave ${name}?`}
      confirmLabel="Leave workspace"
      {...(isAlone ? { confirmText: 'leave' } : {})}
      onConfirm={() => leave.mutate()}
      isBusy={leave.isPending || leave.isSuccess}
      error={leave.error?.message}
    >
      <Stack gap={2}>
        {isAlone ? (
          <Notice tone="warning" title="You are its only member">
            <p>Nobody can open the workspace in the portal after that. Its API keys go on working.</p>
          </Notice>
        ) : null}
        <p>You can no longer open this workspace, and what you have open in it ends.</p>
        {isAlone ? null : <p>To come back you need an invitation of an admin.</p>}
      </Stack>
    </ConfirmDialog>
  );
}
