import type { Ref } from 'react';
import { emailError } from '../account/account-rules.ts';
import { answerOf, api } from '../api/client.ts';
import type { Problem } from '../api/problem.ts';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { errorsOf } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { Button } from '../ui/button/button.tsx';
import { Field } from '../ui/field/field.tsx';
import { PasswordInput } from '../ui/field/password-input.tsx';
import { TextInput } from '../ui/field/text-input.tsx';

interface SignInFormProps {
  /** Filled in beforehand. */
  readonly email?: string;
  readonly passwordRef?: Ref<HTMLInputElement>;
  readonly onSignedIn: () => unknown;
}

/** Email and password. */
export function SignInForm({ email = '', passwordRef, onSignedIn }: SignInFormProps) {
  const form = useForm({
    initial: { email, password: '' },
    validate: (values) =>
      errorsOf({
        email: emailError(values.email),
        password: values.password === '' ? 'Enter your password.' : undefined,
      }),
    submit: async ({ email, password }) => {
      await answerOf(api.POST('/portal/api/sign-in', { body: { email: email.trim(), password } }));
      await onSignedIn();
    },
    fieldOf: wrongPassword,
  });
  return (
    <FormLayout label="Sign in" onSubmit={form.onSubmit}>
      <FormProblem problem={form.problem} />
      <Field label="Email" error={form.errors.email}>
        <TextInput {...form.text('email')} type="email" autoComplete="username" spellCheck={false} />
      </Field>
      <Field label="Password" error={form.errors.password}>
        <PasswordInput ref={passwordRef} {...form.text('password')} autoComplete="current-password" />
      </Field>
      <Button type="submit" variant="primary" isWide isBusy={form.isBusy}>
        Sign in
      </Button>
    </FormLayout>
  );
}

const wrongPassword = (problem: Problem) =>
  problem.status === 401 ? { password: 'The email or the password is wrong.' } : undefined;
