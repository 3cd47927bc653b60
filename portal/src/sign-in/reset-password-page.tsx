import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { newPasswordError } from '../account/account-rules.ts';
import { answerOf, api } from '../api/client.ts';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { errorsOf } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { Button } from '../ui/button/button.tsx';
import { Notice } from '../ui/feedback/notice.tsx';
import { Field } from '../ui/field/field.tsx';
import { PasswordInput } from '../ui/field/password-input.tsx';
import { useFragmentSecret } from './use-fragment-secret.ts';
import { VisitorLayout } from './visitor-layout.tsx';

/** Opened by a link from the operator, for whoever forgot the password. */
export function ResetPasswordPage() {
  const navigate = useNavigate();
  const secret = useFragmentSecret('/reset-password');
  const [isDone, setIsDone] = useState(false);
  const form = useForm({
    initial: { password: '' },
    validate: ({ password }) => errorsOf({ password: newPasswordError(password) }),
    submit: async ({ password }) => {
      const body = { reset: secret, new_password: password };
      await answerOf(api.POST('/portal/api/reset-password', { body }));
      setIsDone(true);
    },
  });
  if (secret === '') {
    return (
      <VisitorLayout title="Choose a new password">
        <Notice tone="warning" title="The link is not complete">
          <p>Open the whole link, or paste it into the address bar again.</p>
        </Notice>
      </VisitorLayout>
    );
  }
  if (isDone) {
    return (
      <VisitorLayout title="Your password is changed">
        <Notice tone="success" isLive>
          <p>Every device was signed out.</p>
        </Notice>
        <Button variant="primary" isWide onClick={() => void navigate({ to: '/sign-in' })}>
          Sign in
        </Button>
      </VisitorLayout>
    );
  }
  return (
    <VisitorLayout title="Choose a new password" footer={<Link to="/sign-in">Sign in</Link>}>
      <FormLayout label="New password" onSubmit={form.onSubmit}>
        <FormProblem problem={form.problem} />
        <Field label="New password" hint="At least 8 characters." error={form.errors.password}>
          <PasswordInput {...form.text('password')} autoComplete="new-password" />
        </Field>
        <Button type="submit" variant="primary" isWide isBusy={form.isBusy}>
          Change password
        </Button>
      </FormLayout>
    </VisitorLayout>
  );
}
