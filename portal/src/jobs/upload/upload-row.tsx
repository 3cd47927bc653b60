import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { Button } from '../../ui/button/button.tsx';
import { IconButton } from '../../ui/button/icon-button.tsx';
import { ProgressBar } from '../../ui/data/progress-bar.tsx';
import { RequestId } from '../../ui/feedback/error-state.tsx';
import { CheckIcon, CloseIcon, RefreshIcon, WarningIcon } from '../../ui/icons/icons.tsx';
import { sizeWords } from '../job.ts';
import styles from './upload.module.css';
import type { UploadDraft } from './upload-dialog.tsx';
import type { Upload, UploadQueue } from './upload-queue.ts';

interface UploadRowProps {
  readonly upload: Upload;
  readonly queue: UploadQueue;
  readonly onChangeSettings: (draft: UploadDraft) => void;
}

/** One recording on its way. */
export const UploadRow = memo(function UploadRow({ upload, queue, onChangeSettings }: UploadRowProps) {
  const { id, file, state } = upload;
  const changeSettings = () => {
    queue.remove(id);
    onChangeSettings({ files: [file], settings: upload.settings });
  };
  return (
    <li className={styles.upload} data-status={state.status}>
      <div className={styles.uploadHead}>
        <bdi className={styles.fileName}>{file.name}</bdi>
        <span className={styles.fileSize}>{sizeWords(file.size)}</span>
        <span className={styles.uploadActions}>
          {state.status === 'accepted' ? <OpenJob upload={upload} jobId={state.jobId} /> : null}
          {state.status === 'failed' ? (
            <>
              <Button size="small" icon={<RefreshIcon />} onClick={() => queue.retry(id)}>
                Retry
              </Button>
              <Button size="small" onClick={changeSettings}>
                Change settings
              </Button>
            </>
          ) : null}
          <IconButton
            label={`${VERBS[state.status]} ${file.name}`}
            icon={<CloseIcon />}
            size="small"
            onClick={() => queue.remove(id)}
          />
        </span>
      </div>
      <State upload={upload} />
    </li>
  );
});

const VERBS = { waiting: 'Cancel', sending: 'Cancel', accepted: 'Dismiss', failed: 'Remove' } as const;

function State({ upload: { file, state } }: { readonly upload: Upload }) {
  switch (state.status) {
    case 'waiting':
      return <p className={styles.uploadState}>Waiting</p>;
    case 'sending':
      return (
        <ProgressBar
          label={state.sentBytes >= file.size ? 'Checking the recording' : 'Uploading'}
          value={state.sentBytes >= file.size ? null : state.sentBytes / file.size}
        />
      );
    case 'accepted':
      return (
        <p className={styles.uploadState} data-tone="success">
          <CheckIcon size={14} /> Uploaded
        </p>
      );
    case 'failed':
      return (
        <div className={styles.uploadState} data-tone="danger">
          <WarningIcon size={14} />
          <div>
            <p>{state.problem.message}</p>
            <RequestId value={state.problem.status >= 500 ? state.problem.requestId : undefined} />
          </div>
        </div>
      );
  }
}

function OpenJob({ upload: { scope }, jobId }: { readonly upload: Upload; readonly jobId: string }) {
  return (
    <Link
      to="/workspaces/$workspaceId/jobs/$jobId"
      params={{ workspaceId: scope.workspaceId, jobId }}
      search={{ project: scope.projectId }}
    >
      Open job
    </Link>
  );
}
