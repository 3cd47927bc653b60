import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import { answerOf, api } from '../api/client.ts';
import { sessionQuery } from '../api/session.ts';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { useForm } from '../form/use-form.ts';
import { useSignedIn } from '../shell/session/signed-in.tsx';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { Notice } from '../ui/feedback/notice.tsx';
import { RadioGroup } from '../ui/field/radio-group.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import { toast } from '../ui/overlay/toast.tsx';
import { isOnlyAdmin, type Member, membersQuery, ROLE_CHOICES, type Role } from './members.ts';
import { OnlyAdminDialog } from './only-admin-dialog.tsx';

interface RoleDialogProps {
  readonly member: Member;
  readonly members: readonly Member[];
  readonly onClose: () => void;
}

export function RoleDialog({ member, members, onClose }: RoleDialogProps) {
  if (isOnlyAdmin(member, members)) return <OnlyAdminDialog member={member} onClose={onClose} />;
  return <ChangeRole member={member} onClose={onClose} />;
}

function ChangeRole({ member, onClose }: Pick<RoleDialogProps, 'member' | 'onClose'>) {
  const isSelf = useSignedIn().account.account_id === member.account_id;
  const change = useChangeRole(member);
  const form = useForm({
    initial: { role: member.role },
    submit: async ({ role }) => {
      if (role !== member.role) {
        await change.mutateAsync(role);
        toast.done('Role changed.');
      }
      onClose();
    },
  });
  const id = useId();
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Role of ${member.name}`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={id} variant="primary" isBusy={form.isBusy}>
            Save role
          </Button>
        </>
      }
    >
      <FormLayout id={id} onSubmit={form.onSubmit}>
        <FormProblem problem={form.problem} />
        <RadioGroup
          label="Role"
          value={form.values.role}
          choices={ROLE_CHOICES}
          onValueChange={(role) => form.set({ role })}
        />
        {isSelf && form.values.role === 'member' ? (
          <Notice tone="warning">
            <p>You give up your own admin role. Another admin has to give it back.</p>
          </Notice>
        ) : null}
      </FormLayout>
    </Dialog>
  );
}

function useChangeRole({ account_id }: Member) {
  const { workspaceId } = useWorkspace();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (role: Role) =>
      answerOf(
        api.PATCH('/portal/api/workspaces/{workspace_id}/members/{account_id}', {
          params: { path: { workspace_id: workspaceId, account_id } },
          body: { role },
        }),
      ),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: membersQuery(workspaceId).queryKey }),
        // It says what the person at this page may do.
        client.invalidateQueries({ queryKey: sessionQuery.queryKey }),
      ]),
  });
}
