import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import { answerOf, api } from '../api/client.ts';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { errorsOf } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { type Project, projectsQuery } from '../shell/workspace/projects.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { Field } from '../ui/field/field.tsx';
import { TextInput } from '../ui/field/text-input.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import { toast } from '../ui/overlay/toast.tsx';
import { projectNameError } from './project-names.ts';

interface RenameProjectDialogProps {
  readonly project: Project;
  readonly projects: readonly Project[];
  readonly onClose: () => void;
}

export function RenameProjectDialog({ project, projects, onClose }: RenameProjectDialogProps) {
  const { workspaceId } = useWorkspace();
  const client = useQueryClient();
  const rename = useMutation({
    mutationFn: (name: string) =>
      answerOf(
        api.PUT('/portal/api/workspaces/{workspace_id}/projects/{project_id}', {
          params: { path: { workspace_id: workspaceId, project_id: String(project.project_id) } },
          body: { name },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: projectsQuery(workspaceId).queryKey }),
  });
  const others = projects.filter((each) => each.project_id !== project.project_id);
  const form = useForm({
    initial: { name: project.name },
    validate: (values) => errorsOf({ name: projectNameError(values.name, others) }),
    submit: async (values) => {
      await rename.mutateAsync(values.name.trim());
      toast.done('Project renamed.');
      onClose();
    },
  });
  const id = useId();
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Rename project"
      size="small"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={id} variant="primary" isBusy={form.isBusy}>
            Rename
          </Button>
        </>
      }
    >
      <FormLayout id={id} onSubmit={form.onSubmit}>
        <FormProblem problem={form.problem} />
        <Field label="Name" hint="Its id and its keys stay the same." error={form.errors.name}>
          <TextInput {...form.text('name')} autoComplete="off" />
        </Field>
      </FormLayout>
    </Dialog>
  );
}
