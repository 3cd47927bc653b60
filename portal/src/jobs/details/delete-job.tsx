import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Problem } from '../../api/problem.ts';
import { Button } from '../../ui/button/button.tsx';
import { TrashIcon } from '../../ui/icons/icons.tsx';
import { ConfirmDialog } from '../../ui/overlay/confirm-dialog.tsx';
import { toast } from '../../ui/overlay/toast.tsx';
import { type Job, type JobScope, nameOf } from '../job.ts';
import { forgetJob } from '../list/job-list-query.ts';
import { listSearchOf } from '../list-search.ts';
import { deleteJob } from './job-queries.ts';

/** Deletes a job with its recording and transcript, after asking; one that runs is stopped. */
export function DeleteJob({ scope, job }: { readonly scope: JobScope; readonly job: Job }) {
  const [isOpen, setIsOpen] = useState(false);
  const client = useQueryClient();
  const navigate = useNavigate();
  const isRunning = job.status === 'running';
  const remove = useMutation({
    mutationFn: () => deleteJob(scope, job.id, isRunning).catch(unlessGone),
    onSuccess: async () => {
      forgetJob(client, scope.workspaceId, job.id);
      toast.done('Job deleted.');
      await navigate({
        to: '/workspaces/$workspaceId/jobs',
        params: { workspaceId: scope.workspaceId },
        search: listSearchOf(scope.workspaceId, scope.projectId),
        replace: true,
      });
    },
  });
  return (
    <>
      <Button icon={<TrashIcon />} onClick={() => setIsOpen(true)}>
        Delete
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={() => {
          setIsOpen(false);
          remove.reset();
        }}
        title={isRunning ? 'Stop and delete this job?' : 'Delete this job?'}
        confirmLabel={isRunning ? 'Stop and delete' : 'Delete job'}
        onConfirm={() => remove.mutate()}
        isBusy={remove.isPending}
        error={remove.error?.message}
      >
        <p>
          The recording <bdi>{nameOf(job)}</bdi>
          {isRunning ? ' and what was transcribed of it' : ', its transcript and its log'} are removed from
          the server. This cannot be undone.
        </p>
      </ConfirmDialog>
    </>
  );
}

/** Somebody else may have deleted it; then it is done. */
function unlessGone(cause: unknown): void {
  if (!(cause instanceof Problem) || cause.status !== 404) throw cause;
}
