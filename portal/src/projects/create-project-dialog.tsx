import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import { answerOf, api } from '../api/client.ts';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { errorsOf, lengthError } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { type Project, projectsQuery } from '../shell/workspace/projects.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { Field } from '../ui/field/field.tsx';
import { TextInput } from '../ui/field/text-input.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import { toast } from '../ui/overlay/toast.tsx';
import { projectNameError } from './project-names.ts';

const DESCRIPTION_MAX = 1_000;

interface CreateProjectDialogProps {
  readonly projects: readonly Project[];
  readonly onClose: () => void;
}

export function CreateProjectDialog({ projects, onClose }: CreateProjectDialogProps) {
  const { workspaceId } = useWorkspace();
  const client = useQueryClient();
  const create = useMutation({
    mutationFn: (body: { name: string; description?: string }) =>
      answerOf(
        api.POST('/portal/api/workspaces/{workspace_id}/projects', {
          params: { path: { workspace_id: workspaceId } },
          body,
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: projectsQuery(workspaceId).queryKey }),
  });
  const form = useForm({
    initial: { name: '', description: '' },
    validate: (values) =>
      errorsOf({
        name: projectNameError(values.name, projects),
        description: lengthError(values.description.trim(), DESCRIPTION_MAX),
      }),
    submit: async (values) => {
      const [name, description] = [values.name.trim(), values.description.trim()];
      await create.mutateAsync(description === '' ? { name } : { name, description });
      toast.done('Project created.');
      onClose();
    },
  });
  const id = useId();
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Create project"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={id} variant="primary" isBusy={form.isBusy}>
            Create project
          </Button>
        </>
      }
    >
      <FormLayout id={id} onSubmit={form.onSubmit}>
        <FormProblem problem={form.problem} />
        <Field label="Name" hint="One project for each application or team." error={form.errors.name}>
          <TextInput {...form.text('name')} autoComplete="off" />
        </Field>
        <Field label="Description" isOptional error={form.errors.description}>
          <TextInput {...form.text('description')} autoComplete="off" />
        </Field>
      </FormLayout>
    </Dialog>
  );
}
