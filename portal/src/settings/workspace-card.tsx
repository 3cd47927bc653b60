import { useMutation, useQueryClient } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';
import { sessionQuery } from '../api/session.ts';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { errorsOf, textError } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { useSignedIn } from '../shell/session/signed-in.tsx';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { CopyButton } from '../ui/button/copy-button.tsx';
import { DescriptionList } from '../ui/data/description-list.tsx';
import { Field } from '../ui/field/field.tsx';
import { TextInput } from '../ui/field/text-input.tsx';
import { Card } from '../ui/layout/card.tsx';
import { Row, Stack } from '../ui/layout/stack.tsx';
import { toast } from '../ui/overlay/toast.tsx';
import styles from './settings.module.css';
import { workspaceQuery } from './workspace.ts';

const NAME_MAX = 120;

/** The name of the workspace, and the ids that a person is asked for. */
export function WorkspaceCard() {
  const { workspaceId, name, isAdmin } = useWorkspace();
  const { account } = useSignedIn();
  const ids = [
    { label: 'Workspace ID', value: <Id value={workspaceId} label="Copy workspace ID" /> },
    { label: 'Your account ID', value: <Id value={account.account_id} label="Copy account ID" /> },
  ];
  return (
    <Card title="Workspace">
      <Stack gap={5}>
        {isAdmin ? <RenameForm /> : null}
        <DescriptionList items={isAdmin ? ids : [{ label: 'Name', value: name }, ...ids]} />
        {isAdmin ? null : <p className={styles.muted}>Only admins can rename the workspace.</p>}
      </Stack>
    </Card>
  );
}

function RenameForm() {
  const { workspaceId, name } = useWorkspace();
  const client = useQueryClient();
  const rename = useMutation({
    mutationFn: (next: string) =>
      answerOf(
        api.PATCH('/portal/api/workspaces/{workspace_id}', {
          params: { path: { workspace_id: workspaceId } },
          body: { name: next },
        }),
      ),
    onSuccess: (workspace) => {
      client.setQueryData(workspaceQuery(workspaceId).queryKey, workspace);
      return client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
  const form = useForm({
    initial: { name },
    validate: (values) => errorsOf({ name: textError(values.name, 'a name', NAME_MAX) }),
    submit: async (values) => {
      await rename.mutateAsync(values.name.trim());
      toast.done('Workspace renamed.');
    },
  });
  return (
    <FormLayout label="Rename workspace" onSubmit={form.onSubmit}>
      <FormProblem problem={form.problem} />
      <Field label="Name" hint="Shown to its members." error={form.errors.name}>
        <TextInput {...form.text('name')} className={styles.name} autoComplete="off" />
      </Field>
      <div>
        <Button type="submit" isBusy={form.isBusy}>
          Save name
        </Button>
      </div>
    </FormLayout>
  );
}

function Id({ value, label }: { readonly value: string; readonly label: string }) {
  return (
    <Row>
      <code>{value}</code>
      <CopyButton text={value} label={label} variant="quiet" isCompact />
    </Row>
  );
}
