import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { answerOf, api } from '../api/client.ts';
import { apiKeysQuery } from '../api-keys/api-keys.ts';
import { type Project, useProjectFilter } from '../shell/workspace/projects.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { ConfirmDialog } from '../ui/overlay/confirm-dialog.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import { toast } from '../ui/overlay/toast.tsx';
import { countByProject } from './key-counts.ts';
import { asShown } from './project-names.ts';
import styles from './projects.module.css';

interface DeleteProjectDialogProps {
  readonly project: Project;
  readonly onClose: () => void;
}

export function DeleteProjectDialog({ project, onClose }: DeleteProjectDialogProps) {
  const { workspaceId } = useWorkspace();
  const { data: keys } = useQuery(apiKeysQuery(workspaceId));
  const remove = useDeleteProject(project, onClose);
  const count = keys === undefined ? undefined : (countByProject(keys).get(project.project_id) ?? 0);
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Delete ${asShown(project.name)}?`}
      confirmLabel="Delete project"
      confirmText={asShown(project.name) || String(project.project_id)}
      onConfirm={() => remove.mutate()}
      isBusy={remove.isPending}
      error={remove.error?.message}
    >
      <div className={styles.consequences}>
        <p>Ends at once:</p>
        <ul>
          <li>{keysOf(count)}</li>
          <li>the temporary keys that they minted</li>
          <li>running jobs and live sessions</li>
        </ul>
        <p>Is erased, within seconds:</p>
        <ul>
          <li>jobs, with recordings and transcripts</li>
          <li>usage of the project</li>
        </ul>
        <p>This cannot be undone.</p>
      </div>
    </ConfirmDialog>
  );
}

function keysOf(count: number | undefined): string {
  if (count === undefined) return 'its API keys';
  if (count === 0) return 'its API keys; it has none now';
  return count === 1 ? 'its API key' : `its ${count} API keys`;
}

function useDeleteProject(project: Project, onDeleted: () => void) {
  const { workspaceId } = useWorkspace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const filter = useProjectFilter();
  return useMutation({
    mutationFn: () =>
      answerOf(
        api.DELETE('/portal/api/workspaces/{workspace_id}/projects/{project_id}', {
          params: { path: { workspace_id: workspaceId, project_id: String(project.project_id) } },
        }),
      ),
    onSuccess: async () => {
      // The other pages of the workspace would go on asking for what the address names.
      if (filter === project.project_id) {
        await navigate({ to: '.', search: (before) => ({ ...before, project: undefined }), replace: true });
      }
      await client.invalidateQueries({ queryKey: ['workspaces', workspaceId] });
      toast.done('Project deleted.');
      onDeleted();
    },
  });
}

/** Tells why there is nothing to confirm. */
export function DefaultProjectDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="The default project stays"
      size="small"
      footer={
        <Button variant="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      <p>
        A workspace keeps its default project, so it cannot be deleted. Revoke its API keys and delete its
        jobs to empty it, or rename it.
      </p>
    </Dialog>
  );
}
