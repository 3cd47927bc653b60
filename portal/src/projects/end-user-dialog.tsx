import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answerOf, api } from '../api/client.ts';
import type { Receipt } from '../api-keys/api-keys.ts';
import type { Project } from '../shell/workspace/projects.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Notice } from '../ui/feedback/notice.tsx';
import { ConfirmDialog } from '../ui/overlay/confirm-dialog.tsx';
import { asShown } from './project-names.ts';
import styles from './projects.module.css';
import { ReceiptDialog } from './receipt-dialog.tsx';

/** An end user, and what is to be done about it. */
export interface EndUser {
  readonly project: Project;
  readonly clientRef: string;
  readonly action: 'end' | 'erase';
  /** It was active lately, or has a key. */
  readonly isKnown: boolean;
}

interface EndUserDialogProps {
  readonly endUser: EndUser;
  /** It is done, though perhaps not on every node yet. */
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Asks first, then shows how far the end has come. */
export function EndUserDialog({ endUser, onDone, onClose }: EndUserDialogProps) {
  const { clientRef, action } = endUser;
  const [receipt, setReceipt] = useState<Receipt>();
  const end = useEnd(endUser, (made) => {
    setReceipt(made);
    onDone();
  });
  if (receipt !== undefined) {
    return (
      <ReceiptDialog
        title={
          action === 'end' ? `Temporary keys of ${asShown(clientRef)} ended` : `Erased ${asShown(clientRef)}`
        }
        receipt={receipt}
        onClose={onClose}
      >
        {action === 'end'
          ? 'No temporary key that it holds is accepted any more where this says done.'
          : 'Nothing that it holds is accepted any more where this says done. Its jobs and transcripts are gone, or are being deleted right now.'}
      </ReceiptDialog>
    );
  }
  const shared = {
    isOpen: true,
    onClose,
    onConfirm: () => end.mutate(),
    isBusy: end.isPending,
    error: end.error?.message,
  };
  if (action === 'end') {
    return (
      <ConfirmDialog {...shared} title={`End ${asShown(clientRef)}?`} confirmLabel="End temporary keys">
        <div className={styles.consequences}>
          <Unknown endUser={endUser} />
          <p>
            Every temporary key made for this end user of {endUser.project.name} so far ends, with its live
            sessions. It can be given a new one at any time.
          </p>
          <p>API keys, jobs and transcripts stay.</p>
        </div>
      </ConfirmDialog>
    );
  }
  return (
    <ConfirmDialog
      {...shared}
      title={`Erase ${asShown(clientRef)}?`}
      confirmLabel="Erase everything"
      confirmText={asShown(clientRef)}
    >
      <div className={styles.consequences}>
        <Unknown endUser={endUser} />
        <p>Of this end user of {endUser.project.name}:</p>
        <ul>
          <li>temporary keys and live sessions end at once</li>
          <li>API keys bound to it are deleted</li>
          <li>running jobs are stopped</li>
          <li>jobs, recordings, transcripts and usage are erased</li>
        </ul>
        <p>This cannot be undone. Backups are yours to look after.</p>
      </div>
    </ConfirmDialog>
  );
}

function Unknown({ endUser }: { readonly endUser: EndUser }) {
  if (endUser.isKnown) return null;
  return (
    <Notice tone="warning">
      <p>Nothing was transcribed for this client_ref in the last 30 days. Check that it is spelt right.</p>
    </Notice>
  );
}

function useEnd({ project, clientRef, action }: EndUser, onDone: (receipt: Receipt) => void) {
  const { workspaceId } = useWorkspace();
  const client = useQueryClient();
  const params = {
    path: { workspace_id: workspaceId, project_id: String(project.project_id), client_ref: clientRef },
  };
  const path = '/portal/api/workspaces/{workspace_id}/projects/{project_id}/client-refs/{client_ref}';
  return useMutation({
    mutationFn: () =>
      action === 'end'
        ? answerOf(api.POST(`${path}/end`, { params }))
        : answerOf(api.DELETE(path, { params })),
    onSuccess: async (answer) => {
      onDone(answer.receipt);
      await client.invalidateQueries({ queryKey: ['workspaces', workspaceId] });
    },
  });
}
