import { useQuery } from '@tanstack/react-query';
import { CodeBlock } from '../../ui/code/code-block.tsx';
import { clockTime } from '../../ui/data/clock-time.ts';
import { ProgressBar } from '../../ui/data/progress-bar.tsx';
import { Time } from '../../ui/data/time.tsx';
import { EmptyState } from '../../ui/feedback/empty-state.tsx';
import { ErrorState } from '../../ui/feedback/error-state.tsx';
import { Notice } from '../../ui/feedback/notice.tsx';
import { Skeleton } from '../../ui/feedback/skeleton.tsx';
import { TrashIcon } from '../../ui/icons/icons.tsx';
import type { Job, JobScope } from '../job.ts';
import { TranscriptView } from '../transcript/transcript-view.tsx';
import { AddOns, Translations } from './add-ons.tsx';
import styles from './details.module.css';
import { alignmentQuery, transcriptQuery } from './job-queries.ts';

interface JobOutcomeProps {
  readonly scope: JobScope;
  readonly job: Job;
  readonly audio: HTMLAudioElement | null;
  readonly searched: string;
  readonly onSearch: (text: string) => void;
}

/** What has come of a job: its transcript, or why there is none. */
export function JobOutcome(props: JobOutcomeProps) {
  const { scope, job } = props;
  switch (job.status) {
    case 'running':
      return <Running job={job} />;
    case 'rejected':
      return <Rejected job={job} />;
    case 'deleted':
    case 'expired':
      return (
        <EmptyState
          icon={<TrashIcon size={20} />}
          title={job.status === 'deleted' ? 'This job was deleted' : 'The time of this job is over'}
        >
          Its recording and its transcript are no longer on the server.
        </EmptyState>
      );
    case 'done':
      return job.config?.type === 'alignment' ? (
        <Aligned scope={scope} job={job} />
      ) : (
        <Transcribed {...props} />
      );
  }
}

function Running({ job }: { readonly job: Job }) {
  return (
    <div className={styles.body}>
      <div className={styles.running}>
        <ProgressBar label="Transcribing" value={null} words="" />
        <p>
          {job.duration > 0 ? `${clockTime(job.duration)} of audio. ` : ''}The transcript appears here by
          itself.
        </p>
      </div>
      <TextSkeleton />
    </div>
  );
}

function Rejected({ job }: { readonly job: Job }) {
  const errors = job.errors ?? [];
  return (
    <div className={styles.body}>
      <Notice tone="danger" title="This job was rejected">
        {errors.length === 0 ? <p>The server gives no reason.</p> : null}
        <ul className={styles.errors}>
          {errors.map(({ timestamp, message }) => (
            <li key={`${timestamp} ${message}`}>
              {message}{' '}
              <span className={styles.muted}>
                <Time value={timestamp} format="full" />
              </span>
            </li>
          ))}
        </ul>
      </Notice>
      <p className={styles.advice}>
        Check the recording, or upload it again with other settings. The log has what was tried.
      </p>
    </div>
  );
}

function Transcribed({ scope, job, audio, searched, onSearch }: JobOutcomeProps) {
  const transcript = useQuery(transcriptQuery(scope, job.id));
  if (transcript.isPending) {
    return (
      <div className={styles.body}>
        <TextSkeleton />
      </div>
    );
  }
  if (transcript.error) {
    return (
      <ErrorState
        title="The transcript could not be loaded"
        error={transcript.error}
        onRetry={() => transcript.refetch()}
        isRetrying={transcript.isFetching}
      />
    );
  }
  return (
    <>
      <AddOns transcript={transcript.data} />
      <TranscriptView
        key={job.id}
        transcript={transcript.data}
        audio={audio}
        searched={searched}
        onSearch={onSearch}
      />
      <Translations transcript={transcript.data} />
    </>
  );
}

function Aligned({ scope, job }: { readonly scope: JobScope; readonly job: Job }) {
  const text = useQuery(alignmentQuery(scope, job.id));
  if (text.error) {
    return <ErrorState error={text.error} onRetry={() => text.refetch()} isRetrying={text.isFetching} />;
  }
  return (
    <div className={styles.body}>
      {text.data === undefined ? (
        <TextSkeleton />
      ) : (
        <CodeBlock label="Text with times" samples={[{ language: 'Text', code: text.data.trimEnd() }]} />
      )}
    </div>
  );
}

const GREY_LINES = [98, 94, 99, 90, 60];

function TextSkeleton() {
  return (
    <div className={styles.greyText} role="status" aria-label="Loading the transcript">
      {GREY_LINES.map((width) => (
        <Skeleton key={width} width={`${width}%`} height={16} />
      ))}
    </div>
  );
}
