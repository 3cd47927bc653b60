import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { clockTime } from '../../ui/data/clock-time.ts';
import { Time } from '../../ui/data/time.tsx';
import { Notice } from '../../ui/feedback/notice.tsx';
import { Card } from '../../ui/layout/card.tsx';
import { PageHeader } from '../../ui/layout/page-header.tsx';
import { Tabs } from '../../ui/layout/tabs.tsx';
import { VisuallyHidden } from '../../ui/layout/visually-hidden.tsx';
import { type Job, type JobScope, languageName, languageOf, modelOf, nameOf } from '../job.ts';
import { JobStatusBadge } from '../job-status.tsx';
import { Player } from '../playback/player.tsx';
import { useRecording } from '../playback/use-recording.ts';
import { useTypedText } from '../use-typed-text.ts';
import { BackToJobs } from './back-to-jobs.tsx';
import { DeleteJob } from './delete-job.tsx';
import styles from './details.module.css';
import { DownloadMenu } from './download-menu.tsx';
import { JobFacts, JobLog } from './job-facts.tsx';
import { JobOutcome } from './job-outcome.tsx';

interface JobViewProps {
  readonly scope: JobScope;
  readonly job: Job;
}

const PAGE = '/workspaces/$workspaceId/jobs/$jobId';

/** A job: what has come of it, how it was asked for, and what can be done with it. */
export function JobView({ scope, job }: JobViewProps) {
  const { q = '', at } = useSearch({ from: PAGE });
  const navigate = useNavigate({ from: PAGE });
  const [searched, setSearched] = useTypedText(q, (text) =>
    navigate({
      search: (before) => ({ ...before, q: text === '' ? undefined : text }),
      replace: true,
      resetScroll: false,
    }),
  );
  const [audio, setAudio] = useState<HTMLAudioElement | null>(null);
  const isThere = job.status === 'done' || job.status === 'rejected';
  const recording = useRecording(scope, job.id, isThere);
  const hasTranscript = job.status === 'done' && job.config?.type !== 'alignment';
  useStart(audio, at);
  const isPlayed = job.status === 'done' && !recording.isUnplayable;
  const playing = isPlayed && recording.url !== undefined ? audio : null;
  return (
    <>
      <PageHeader
        above={<BackToJobs scope={scope} />}
        title={nameOf(job)}
        description={<Summary job={job} />}
        actions={
          <>
            {job.status === 'deleted' || job.status === 'expired' ? null : (
              <DeleteJob scope={scope} job={job} />
            )}
            {isThere ? (
              <DownloadMenu
                scope={scope}
                job={job}
                hasTranscript={hasTranscript}
                recordingUrl={recording.url}
              />
            ) : null}
          </>
        }
      />
      <VisuallyHidden role="status">{STATES[job.status]}</VisuallyHidden>
      {recording.isUnplayable ? <Unplayable url={recording.url} /> : null}
      {recording.problem === undefined || job.status !== 'done' ? null : (
        <div className={styles.unplayable}>
          <Notice tone="warning" title="The recording cannot be loaded">
            <p>{recording.problem.message}</p>
          </Notice>
        </div>
      )}
      {isPlayed ? (
        // biome-ignore lint/a11y/useMediaCaption: the transcript is on the page
        <audio
          ref={setAudio}
          src={recording.url}
          preload="metadata"
          onError={recording.onError}
          onLoadedMetadata={recording.onLoadedMetadata}
        />
      ) : null}
      <Tabs
        label="Job"
        tabs={[
          {
            value: 'transcript',
            label: 'Transcript',
            content: (
              <Card isFlush>
                <JobOutcome
                  scope={scope}
                  job={job}
                  audio={playing}
                  searched={searched}
                  onSearch={setSearched}
                />
              </Card>
            ),
          },
          { value: 'details', label: 'Details', content: <Card isFlush>{<JobFacts job={job} />}</Card> },
          { value: 'log', label: 'Log', content: <Card isFlush>{<JobLog scope={scope} job={job} />}</Card> },
        ]}
      />
      {isPlayed ? <Player audio={playing} durationSeconds={job.duration} /> : null}
    </>
  );
}

const STATES: Readonly<Record<Job['status'], string>> = {
  running: 'The job is running.',
  done: 'The job is done.',
  rejected: 'The job was rejected.',
  deleted: 'The job was deleted.',
  expired: 'The time of the job is over.',
};

function Summary({ job }: { readonly job: Job }) {
  const language = languageOf(job);
  return (
    <span className={styles.summary}>
      <JobStatusBadge status={job.status} />
      {job.duration > 0 ? <span>{clockTime(job.duration)}</span> : null}
      {language === undefined ? null : (
        <span>
          {languageName(language)}, {modelOf(job) ?? 'standard'}
        </span>
      )}
      <Time value={job.created_at} />
    </span>
  );
}

function Unplayable({ url }: { readonly url: string | undefined }) {
  return (
    <div className={styles.unplayable}>
      <Notice tone="warning" title="This browser cannot play the recording">
        <p>
          Its format is not one that the browser knows. The transcript is complete.{' '}
          {url === undefined ? null : (
            <a href={url} download>
              Download the recording
            </a>
          )}
        </p>
      </Notice>
    </div>
  );
}

/** Puts the recording at the second that a link names, once. */
function useStart(audio: HTMLAudioElement | null, at: number | undefined): void {
  const isDone = useRef(false);
  useEffect(() => {
    if (audio === null || at === undefined || isDone.current) return;
    isDone.current = true;
    audio.currentTime = at;
  }, [audio, at]);
}
