import { useId, useState } from 'react';
import { answerOf, api } from '../api/client.ts';
import type { Problem } from '../api/problem.ts';
import type { Account } from '../api/session.ts';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { errorsOf } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { Button } from '../ui/button/button.tsx';
import { Field } from '../ui/field/field.tsx';
import { PasswordInput } from '../ui/field/password-input.tsx';
import { Card } from '../ui/layout/card.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import { HiddenUsername } from './hidden-username.tsx';

/** The end of an account, confirmed with its password. */
export function DeleteAccountCard({ account }: { readonly account: Account }) {
  const [isOpen, setIsOpen] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const formId = useId();
  const close = () => setIsOpen(false);
  return (
    <>
      <Card
        title="Delete account"
        description="You leave all your workspaces. Their jobs, keys and projects stay with the other members."
        actions={
          <Button variant="danger" onClick={() => setIsOpen(true)}>
            Delete account
          </Button>
        }
      />
      <Dialog
        isOpen={isOpen}
        onClose={close}
        size="small"
        title="Delete your account?"
        description="This cannot be undone. All your devices are signed out at once."
        footer={
          <>
            <Button onClick={close}>Cancel</Button>
            <Button type="submit" form={formId} variant="danger" isBusy={isBusy}>
              Delete account
            </Button>
          </>
        }
      >
        <DeleteForm id={formId} account={account} onBusy={setIsBusy} />
      </Dialog>
    </>
  );
}

interface DeleteFormProps {
  readonly id: string;
  readonly account: Account;
  readonly onBusy: (isBusy: boolean) => void;
}

function DeleteForm({ id, account, onBusy }: DeleteFormProps) {
  const form = useForm({
    initial: { password: '' },
    validate: ({ password }) =>
      errorsOf({ password: account.has_password && password === '' ? 'Enter your password.' : undefined }),
    submit: async ({ password }) => {
      onBusy(true);
      try {
        await answerOf(
          api.POST('/portal/api/account/delete', { body: account.has_password ? { password } : {} }),
        );
        window.location.assign('/portal/');
      } finally {
        onBusy(false);
      }
    },
    fieldOf: wrongPassword,
  });
  return (
    <FormLayout id={id} label="Delete account" onSubmit={form.onSubmit}>
      <FormProblem problem={form.problem} />
      {account.has_password ? (
        <>
          <HiddenUsername email={account.email} />
          <Field label="Password" error={form.errors.password}>
            <PasswordInput {...form.text('password')} autoComplete="current-password" />
          </Field>
        </>
      ) : null}
    </FormLayout>
  );
}

const wrongPassword = (problem: Problem) =>
  problem.status === 403 ? { password: 'This is not your password.' } : undefined;
