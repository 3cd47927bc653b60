import { useQueryClient } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';
import { type Account, sessionQuery } from '../api/session.ts';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { errorsOf } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { Button } from '../ui/button/button.tsx';
import { Field } from '../ui/field/field.tsx';
import { TextInput } from '../ui/field/text-input.tsx';
import { Card } from '../ui/layout/card.tsx';
import { Row } from '../ui/layout/stack.tsx';
import { toast } from '../ui/overlay/toast.tsx';
import styles from './account.module.css';
import { nameError } from './account-rules.ts';

export function ProfileCard({ account }: { readonly account: Account }) {
  const client = useQueryClient();
  const form = useForm({
    initial: { name: account.name },
    validate: ({ name }) => errorsOf({ name: nameError(name) }),
    submit: async ({ name }) => {
      await answerOf(api.PATCH('/portal/api/account', { body: { name: name.trim() } }));
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      toast.done('Name saved.');
    },
  });
  return (
    <Card title="Profile" description={`You sign in as ${account.email}.`}>
      <div className={styles.narrow}>
        <FormLayout label="Profile" onSubmit={form.onSubmit}>
          <FormProblem problem={form.problem} />
          <Field label="Name" hint="Members of your workspaces see it." error={form.errors.name}>
            <TextInput {...form.text('name')} autoComplete="name" />
          </Field>
          <Row>
            <Button type="submit" isBusy={form.isBusy} disabled={form.values.name.trim() === account.name}>
              Save name
            </Button>
          </Row>
        </FormLayout>
      </div>
    </Card>
  );
}
