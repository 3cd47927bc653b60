import { useQueryClient } from '@tanstack/react-query';
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
import { Row } from '../ui/layout/stack.tsx';
import { toast } from '../ui/overlay/toast.tsx';
import styles from './account.module.css';
import { newPasswordError } from './account-rules.ts';
import { devicesQuery } from './devices-card.tsx';
import { HiddenUsername } from './hidden-username.tsx';

const EMPTY = { current_password: '', new_password: '' };

export function PasswordCard({ account }: { readonly account: Account }) {
  const client = useQueryClient();
  const form = useForm({
    initial: EMPTY,
    validate: (values) =>
      errorsOf({
        current_password: values.current_password === '' ? 'Enter your present password.' : undefined,
        new_password:
          newPasswordError(values.new_password) ??
          (values.new_password === values.current_password
            ? 'Choose one that differs from the present one.'
            : undefined),
      }),
    submit: async (body) => {
      await answerOf(api.POST('/portal/api/account/password', { body }));
      form.reset();
      void client.invalidateQueries({ queryKey: devicesQuery.queryKey });
      toast.done('Password changed. Your other devices are signed out.');
    },
    fieldOf: wrongPassword,
  });
  return (
    <Card title="Password" description="A new password signs out all your other devices.">
      <div className={styles.narrow}>
        <FormLayout label="Password" onSubmit={form.onSubmit}>
          <FormProblem problem={form.problem} />
          <HiddenUsername email={account.email} />
          <Field label="Present password" error={form.errors.current_password}>
            <PasswordInput {...form.text('current_password')} autoComplete="current-password" />
          </Field>
          <Field label="New password" hint="8 to 128 characters." error={form.errors.new_password}>
            <PasswordInput {...form.text('new_password')} autoComplete="new-password" />
          </Field>
          <Row>
            <Button type="submit" isBusy={form.isBusy}>
              Change password
            </Button>
          </Row>
        </FormLayout>
      </div>
    </Card>
  );
}

const wrongPassword = (problem: Problem) =>
  problem.status === 403 ? { current_password: 'This is not your present password.' } : undefined;
