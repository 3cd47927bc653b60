import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { answerOf, api } from '../api/client.ts';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { errorsOf, textError } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { SecretValue } from '../ui/code/secret-value.tsx';
import { Field } from '../ui/field/field.tsx';
import { TextInput } from '../ui/field/text-input.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import { managementTokensQuery, type Permission } from './management-tokens.ts';
import { PermissionChoice } from './permission-choice.tsx';

const NAME_MAX = 120;

interface Input {
  readonly name: string;
  readonly permissions: readonly Permission[];
}

/** Makes a management token, and shows its value once. */
export function CreateTokenDialog({ onClose }: { readonly onClose: () => void }) {
  const [value, setValue] = useState<string>();
  const form = useTokenForm(setValue);
  const id = useId();
  if (value !== undefined) return <TokenDialog name={form.values.name} value={value} onClose={onClose} />;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Create management token"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={id} variant="primary" isBusy={form.isBusy}>
            Create token
          </Button>
        </>
      }
    >
      <FormLayout id={id} onSubmit={form.onSubmit}>
        <FormProblem problem={form.problem} />
        <Field label="Name" hint="The program that will use it." error={form.errors.name}>
          <TextInput {...form.text('name')} autoComplete="off" />
        </Field>
        <PermissionChoice
          value={form.values.permissions}
          onValueChange={(permissions) => form.set({ permissions })}
          error={form.errors.permissions}
        />
      </FormLayout>
    </Dialog>
  );
}

interface TokenDialogProps {
  readonly name: string;
  readonly value: string;
  readonly onClose: () => void;
}

function TokenDialog({ name, value, onClose }: TokenDialogProps) {
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Management token created"
      footer={
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <SecretValue
        label="management token"
        value={value}
        warning="Copy the token now and store it where only the program can read it. It is not shown again."
      />
      <p>It is listed as {name.trim()}. If you lose it, revoke it and create another.</p>
    </Dialog>
  );
}

function useTokenForm(onCreated: (value: string) => void) {
  const { workspaceId } = useWorkspace();
  const client = useQueryClient();
  const create = useMutation({
    // Hands the secret on and keeps nothing of it.
    mutationFn: async ({ name, permissions }: Input) => {
      const { token_value } = await answerOf(
        api.POST('/portal/api/workspaces/{workspace_id}/management-tokens', {
          params: { path: { workspace_id: workspaceId } },
          body: { name, permissions: [...permissions] },
        }),
      );
      onCreated(token_value);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: managementTokensQuery(workspaceId).queryKey }),
  });
  return useForm<Input>({
    initial: { name: '', permissions: [] },
    validate: ({ name, permissions }) =>
      errorsOf({
        name: textError(name, 'a name', NAME_MAX),
        permissions: permissions.length === 0 ? 'Choose at least one permission.' : undefined,
      }),
    submit: ({ name, permissions }) => create.mutateAsync({ name: name.trim(), permissions }),
  });
}
