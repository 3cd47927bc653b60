import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { type Answer, answerOf, api } from '../api/client.ts';
import { type Account, sessionQuery } from '../api/session.ts';
import { FormProblem } from '../form/form-problem.tsx';
import { Button } from '../ui/button/button.tsx';
import { Notice } from '../ui/feedback/notice.tsx';
import { SegmentedControl } from '../ui/field/radio-group.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { keepInvitation } from './kept-invitation.ts';
import { ProviderButton } from './provider-button.tsx';
import { RegisterForm } from './register-form.tsx';
import { SignInForm } from './sign-in-form.tsx';
import { VisitorLayout } from './visitor-layout.tsx';

type Invitation = Answer<'/portal/api/invitations/look-up', 'post'>;

interface ChoiceProps {
  readonly secret: string;
  readonly invitation: Invitation;
}

/** For whoever is not signed in: a new account, or the one they have. */
export function JoinAsVisitor({ secret, invitation }: ChoiceProps) {
  const client = useQueryClient();
  const [way, setWay] = useState<'register' | 'sign-in'>('register');
  const email = invitation.email === null ? {} : { email: invitation.email };
  if (invitation.is_first_account) {
    return (
      <VisitorLayout
        title="Create the first account"
        description="You will run this server's first workspace."
      >
        <Stack gap={5}>
          <RegisterForm invitation={secret} {...email} />
          <ProviderButton returnTo="/invitation" onLeave={() => keepInvitation(secret)} />
        </Stack>
      </VisitorLayout>
    );
  }
  return (
    <VisitorLayout title={titleOf(invitation)} description={descriptionOf(invitation)}>
      <Stack gap={5}>
        <SegmentedControl
          label="Account"
          isLabelHidden
          value={way}
          choices={[
            { value: 'register', label: 'New account' },
            { value: 'sign-in', label: 'I have an account' },
          ]}
          onValueChange={setWay}
        />
        {way === 'register' ? (
          <RegisterForm invitation={secret} {...email} />
        ) : (
          <SignInForm
            {...email}
            onSignedIn={() => client.invalidateQueries({ queryKey: sessionQuery.queryKey })}
          />
        )}
        <ProviderButton returnTo="/invitation" onLeave={() => keepInvitation(secret)} />
      </Stack>
    </VisitorLayout>
  );
}

/** For whoever is signed in: join with this account, or change it first. */
export function JoinAs({ secret, invitation, account }: ChoiceProps & { readonly account: Account }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const accept = useMutation({
    mutationFn: () => answerOf(api.POST('/portal/api/invitations/accept', { body: { invitation: secret } })),
    onSuccess: async ({ workspace_id }) => {
      await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
      await navigate({
        to: '/workspaces/$workspaceId',
        params: { workspaceId: workspace_id },
        replace: true,
      });
    },
  });
  const leave = useMutation({
    mutationFn: () => answerOf(api.POST('/portal/api/sign-out')),
    onSuccess: () => client.resetQueries(),
  });
  const isForOther =
    invitation.email !== null && invitation.email.toLowerCase() !== account.email.toLowerCase();
  return (
    <VisitorLayout title={titleOf(invitation)} description={descriptionOf(invitation)}>
      <Stack>
        <p>
          You are signed in as <strong>{account.email}</strong>.
        </p>
        {isForOther ? (
          <Notice tone="warning">
            <p>This invitation is for {invitation.email}. Use the account with that email.</p>
          </Notice>
        ) : null}
        <FormProblem problem={accept.error ?? leave.error} />
        <Button variant="primary" isWide isBusy={accept.isPending} onClick={() => accept.mutate()}>
          Join workspace
        </Button>
        <Button isWide isBusy={leave.isPending} onClick={() => leave.mutate()}>
          Use another account
        </Button>
      </Stack>
    </VisitorLayout>
  );
}

const titleOf = (invitation: Invitation): string => `Join ${invitation.workspace_name ?? 'the workspace'}`;

const descriptionOf = (invitation: Invitation): string =>
  invitation.role === 'admin'
    ? 'You are invited as an admin: you may change everything in it.'
    : 'You are invited as a member: you may transcribe and create API keys.';
