import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { emailError, nameError, newPasswordError } from '../account/account-rules.ts';
import { answerOf, api } from '../api/client.ts';
import type { Problem } from '../api/problem.ts';
import { sessionQuery } from '../api/session.ts';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { errorsOf } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { Button } from '../ui/button/button.tsx';
import { Field } from '../ui/field/field.tsx';
import { PasswordInput } from '../ui/field/password-input.tsx';
import { TextInput } from '../ui/field/text-input.tsx';

interface RegisterFormProps {
  /** The secret of an invitation link. */
  readonly invitation?: string;
  /** The address the invitation was made for. */
  readonly email?: string;
}

/** Creates an account, signs in with it and opens its workspace. */
export function RegisterForm({ invitation, email = '' }: RegisterFormProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({
    initial: { name: '', email, password: '' },
    validate: (values) =>
      errorsOf({
        name: nameError(values.name),
        email: emailError(values.email),
        password: newPasswordError(values.password),
      }),
    submit: async ({ name, email, password }) => {
      const body = { name: name.trim(), email: email.trim(), password };
      const { workspace_id } = await answerOf(
        api.POST('/portal/api/register', {
          body: invitation === undefined ? body : { ...body, invitation },
        }),
      );
      await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
      await navigate({
        to: '/workspaces/$workspaceId',
        params: { workspaceId: workspace_id },
        replace: true,
      });
    },
    fieldOf: emailInUse,
  });
  return (
    <FormLayout label="Create account" onSubmit={form.onSubmit}>
      <FormProblem problem={form.problem} />
      <Field label="Name" error={form.errors.name}>
        <TextInput {...form.text('name')} autoComplete="name" />
      </Field>
      <Field label="Email" error={form.errors.email}>
        <TextInput {...form.text('email')} type="email" autoComplete="username" spellCheck={false} />
      </Field>
      <Field label="Password" hint="At least 8 characters." error={form.errors.password}>
        <PasswordInput {...form.text('password')} autoComplete="new-password" />
      </Field>
      <Button type="submit" variant="primary" isWide isBusy={form.isBusy}>
        Create account
      </Button>
    </FormLayout>
  );
}

const emailInUse = (problem: Problem) =>
  problem.status === 409
    ? { email: 'An account with this email exists already. Sign in with it.' }
    : undefined;
