import { useEffect, useEffectEvent } from 'react';
import { Button } from '../../ui/button/button.tsx';
import { Notice } from '../../ui/feedback/notice.tsx';
import { Card } from '../../ui/layout/card.tsx';
import { VisuallyHidden } from '../../ui/layout/visually-hidden.tsx';
import styles from './upload.module.css';
import type { UploadDraft } from './upload-dialog.tsx';
import type { Upload, UploadQueue } from './upload-queue.ts';
import { UploadRow } from './upload-row.tsx';
import { useUploads } from './use-uploads.ts';

interface UploadPanelProps {
  readonly workspaceId: string;
  /** Opens the form with uploads that failed for their settings. */
  readonly onChangeSettings: (draft: UploadDraft) => void;
}

/** The recordings on their way, and those that did not arrive. */
export function UploadPanel({ workspaceId, onChangeSettings }: UploadPanelProps) {
  const { uploads: all, isHeld, queue } = useUploads();
  useClearedOnLeave(queue);
  const uploads = all.filter(({ scope }) => scope.workspaceId === workspaceId);
  const words = summary(uploads);
  return (
    <>
      <VisuallyHidden role="status">{words}</VisuallyHidden>
      {uploads.length === 0 ? null : (
        <div className={styles.panel}>
          <Card
            title="Uploads"
            description={words}
            actions={hasActions(uploads) ? <Actions uploads={uploads} queue={queue} /> : undefined}
            isFlush
          >
            {isHeld ? (
              <div className={styles.held}>
                <Notice tone="warning">
                  Your session has ended. The files are still here and are sent once you have signed in again.
                </Notice>
              </div>
            ) : null}
            <ul className={styles.uploads}>
              {uploads.map((upload) => (
                <UploadRow
                  key={upload.id}
                  upload={upload}
                  queue={queue}
                  onChangeSettings={onChangeSettings}
                />
              ))}
            </ul>
          </Card>
        </div>
      )}
    </>
  );
}

const hasActions = (uploads: readonly Upload[]): boolean =>
  uploads.some(({ state }) => state.status === 'accepted') ||
  uploads.filter(({ state }) => state.status === 'failed').length > 1;

function Actions({ uploads, queue }: { readonly uploads: readonly Upload[]; readonly queue: UploadQueue }) {
  const failed = uploads.filter(({ state }) => state.status === 'failed');
  const hasAccepted = uploads.some(({ state }) => state.status === 'accepted');
  return (
    <>
      {failed.length < 2 ? null : (
        <Button size="small" onClick={() => failed.forEach(({ id }) => void queue.retry(id))}>
          Retry all {failed.length}
        </Button>
      )}
      {hasAccepted ? (
        <Button size="small" onClick={() => queue.removeAccepted()}>
          Clear finished
        </Button>
      ) : null}
    </>
  );
}

function summary(uploads: readonly Upload[]): string {
  if (uploads.length === 0) return '';
  const count = (status: Upload['state']['status']) =>
    uploads.filter(({ state }) => state.status === status).length;
  const failed = count('failed');
  const words = `${count('accepted')} of ${uploads.length} uploaded`;
  return failed === 0 ? words : `${words}, ${failed} failed`;
}

/** What arrived is in the list; nobody needs to see it twice when they come back. */
function useClearedOnLeave(queue: UploadQueue): void {
  const clear = useEffectEvent(() => queue.removeAccepted());
  useEffect(() => () => clear(), []);
}
