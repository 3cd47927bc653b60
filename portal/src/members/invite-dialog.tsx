import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { emailError } from '../account/account-rules.ts';
import { type Answer, answerOf, api } from '../api/client.ts';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { errorsOf } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { SecretValue } from '../ui/code/secret-value.tsx';
import { Time } from '../ui/data/time.tsx';
import { Field } from '../ui/field/field.tsx';
import { RadioGroup } from '../ui/field/radio-group.tsx';
import { TextInput } from '../ui/field/text-input.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import { type Invitation, invitationsQuery, type Member, ROLE_CHOICES, type Role } from './members.ts';

interface Input {
  readonly role: Role;
  /** Empty where whoever has the link may use it. */
  readonly email: string;
}

type Created = Answer<'/portal/api/workspaces/{workspace_id}/invitations', 'post'> & Input;

interface InviteDialogProps {
  readonly members: readonly Member[];
  readonly onClose: () => void;
}

/** Makes a link into the workspace, and shows it once. */
export function InviteDialog({ members, onClose }: InviteDialogProps) {
  const [created, setCreated] = useState<Created>();
  const form = useInvitationForm(members, setCreated);
  const id = useId();
  if (created !== undefined) return <LinkDialog created={created} onClose={onClose} />;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Invite member"
      description="You get a link that lets one person into this workspace."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={id} variant="primary" isBusy={form.isBusy}>
            Create link
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
        <Field
          label="Email"
          isOptional
          hint="With an email, only the account of that email can use the link."
          error={form.errors.email}
        >
          <TextInput {...form.text('email')} type="email" autoComplete="off" spellCheck={false} />
        </Field>
      </FormLayout>
    </Dialog>
  );
}

interface LinkDialogProps {
  readonly created: Created;
  readonly onClose: () => void;
}

function LinkDialog({ created, onClose }: LinkDialogProps) {
  const { role, email, expires_at, invitation } = created;
  const guest = role === 'admin' ? 'an admin' : 'a member';
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Invitation link"
      footer={
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <SecretValue
        label="invitation link"
        value={`${window.location.origin}/portal/invitation#${invitation}`}
        warning="Copy the link now and send it yourself. It is not shown again, and Parley sends no email."
      />
      <p>
        It is good once, for 7 days: until <Time value={expires_at} format="full" />.{' '}
        {email === ''
          ? `Whoever uses it first joins the workspace as ${guest}.`
          : `Only the account of ${email} can use it, and joins as ${guest}.`}
      </p>
    </Dialog>
  );
}

function useInvitationForm(members: readonly Member[], onCreated: (created: Created) => void) {
  const { workspaceId } = useWorkspace();
  const client = useQueryClient();
  const { data: open = [] } = useQuery(invitationsQuery(workspaceId));
  const create = useMutation({
    // Hands the secret on and keeps nothing of it.
    mutationFn: async ({ role, email }: Input) => {
      const made = await answerOf(
        api.POST('/portal/api/workspaces/{workspace_id}/invitations', {
          params: { path: { workspace_id: workspaceId } },
          body: email === '' ? { role } : { role, email },
        }),
      );
      onCreated({ ...made, role, email });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: invitationsQuery(workspaceId).queryKey }),
  });
  return useForm<Input>({
    initial: { role: 'member', email: '' },
    validate: ({ email }) => errorsOf({ email: inviteeError(email.trim(), members, open) }),
    submit: ({ role, email }) => create.mutateAsync({ role, email: email.trim() }),
  });
}

/** What is wrong with the email of the person to invite, if one is given. */
function inviteeError(email: string, members: readonly Member[], open: readonly Invitation[]) {
  if (email === '') return undefined;
  const isSame = (other: string | null) => other?.toLowerCase() === email.toLowerCase();
  if (members.some((member) => isSame(member.email))) return 'This person is a member already.';
  if (open.some((invitation) => isSame(invitation.email))) {
    return 'There is an open invitation for this email. Revoke it first if its link was lost.';
  }
  return emailError(email);
}
