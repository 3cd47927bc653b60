import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { handFiles } from '../shell/workspace/handed-files.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { ButtonLink } from '../ui/button/button-link.tsx';
import { CheckIcon, KeyIcon, MicrophoneIcon } from '../ui/icons/icons.tsx';
import { Card } from '../ui/layout/card.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { Row, Stack } from '../ui/layout/stack.tsx';
import { VisuallyHidden } from '../ui/layout/visually-hidden.tsx';
import { DropZone } from './drop-zone.tsx';
import { useProgress } from './progress.ts';
import { RecentJobs } from './recent-jobs.tsx';
import styles from './start.module.css';

export function StartPage() {
  const { name } = useWorkspace();
  return (
    <>
      <PageHeader
        title="Start"
        description={`Three steps to transcripts in your own application, in ${name}.`}
      />
      <Stack gap={5}>
        <Steps />
        <RecentJobs />
      </Stack>
    </>
  );
}

function Steps() {
  const { workspaceId } = useWorkspace();
  const navigate = useNavigate();
  const progress = useProgress(workspaceId);
  const here = { params: { workspaceId } };
  const upload = (files: readonly File[]) => {
    handFiles(files);
    void navigate({ to: '/workspaces/$workspaceId/jobs', ...here });
  };
  return (
    <Card>
      <ol className={styles.steps}>
        <Step number={1} title="Transcribe a recording" isDone={progress?.hasTranscript}>
          <p>Send a file and read its transcript, or speak and read along.</p>
          <DropZone onFiles={upload} />
          <Row>
            <ButtonLink to="/workspaces/$workspaceId/live" {...here} icon={<MicrophoneIcon />}>
              Speak instead
            </ButtonLink>
          </Row>
        </Step>
        <Step number={2} title="Create an API key" isDone={progress?.hasApiKey}>
          <p>
            Your server sends recordings with it. You get commands to paste, with your own address in them.
          </p>
          <Row>
            <ButtonLink
              to="/workspaces/$workspaceId/api-keys"
              {...here}
              search={{ new: 'yes' }}
              icon={<KeyIcon />}
            >
              Create API key
            </ButtonLink>
          </Row>
        </Step>
        <Step number={3} title="Make a temporary key for a browser" isDone={progress?.hasTemporaryKey}>
          <p>
            An API key must never reach a browser. A temporary key may: it ends by itself, within limits you
            set.
          </p>
          <Row>
            <ButtonLink to="/workspaces/$workspaceId/temporary-keys" {...here}>
              Make a temporary key
            </ButtonLink>
          </Row>
        </Step>
      </ol>
    </Card>
  );
}

interface StepProps {
  readonly number: number;
  readonly title: string;
  /** Undefined while it is not known. */
  readonly isDone: boolean | undefined;
  readonly children: ReactNode;
}

function Step({ number, title, isDone = false, children }: StepProps) {
  return (
    <li className={styles.step}>
      <span className={styles.number} data-is-done={isDone}>
        {isDone ? <CheckIcon /> : <span aria-hidden="true">{number}</span>}
      </span>
      <div className={styles.stepBody}>
        <h2 className={styles.stepTitle}>
          {title}
          {isDone ? <VisuallyHidden> (done)</VisuallyHidden> : null}
        </h2>
        {children}
      </div>
    </li>
  );
}
