import { useQuery } from '@tanstack/react-query';
import { useChosenProject } from '../../shell/workspace/projects.ts';
import { CopyButton } from '../../ui/button/copy-button.tsx';
import { CodeBlock } from '../../ui/code/code-block.tsx';
import { clockTime } from '../../ui/data/clock-time.ts';
import { DescriptionList } from '../../ui/data/description-list.tsx';
import { Time } from '../../ui/data/time.tsx';
import { ErrorState } from '../../ui/feedback/error-state.tsx';
import { SkeletonLines } from '../../ui/feedback/skeleton.tsx';
import { Row, Stack } from '../../ui/layout/stack.tsx';
import { type Job, type JobScope, languageName, languageOf, modelOf, nameOf } from '../job.ts';
import styles from './details.module.css';
import { logQuery } from './job-queries.ts';

const DIARIZATION: Readonly<Record<string, string>> = {
  none: 'None',
  speaker: 'By speaker',
  channel: 'By channel',
};

/** What is known of a job, and the config it was submitted with. */
export function JobFacts({ job }: { readonly job: Job }) {
  const project = useChosenProject();
  const language = languageOf(job);
  const diarization = job.config?.transcription_config?.diarization ?? 'none';
  const items = [
    { label: 'Job ID', value: <Id id={job.id} /> },
    { label: 'File', value: <bdi>{nameOf(job)}</bdi> },
    { label: 'Project', value: project?.name ?? '–' },
    { label: 'Created', value: <Time value={job.created_at} format="full" /> },
    { label: 'Length', value: job.duration > 0 ? clockTime(job.duration) : '–' },
    { label: 'Language', value: language === undefined ? '–' : languageName(language) },
    { label: 'Model', value: modelOf(job) ?? 'standard' },
    { label: 'Diarization', value: DIARIZATION[diarization] ?? diarization },
  ];
  return (
    <div className={styles.body}>
      <Stack gap={5}>
        <DescriptionList items={items} />
        <Stack gap={2}>
          <h2 className={styles.heading}>Config</h2>
          <CodeBlock
            label="Config of the job"
            samples={[{ language: 'JSON', code: JSON.stringify(job.config ?? {}, null, 2) }]}
          />
        </Stack>
      </Stack>
    </div>
  );
}

function Id({ id }: { readonly id: string }) {
  return (
    <Row gap={2}>
      <code>{id}</code>
      <CopyButton text={id} label="Copy job ID" variant="quiet" isCompact />
    </Row>
  );
}

/** The log of a job, line by line. */
export function JobLog({ scope, job }: { readonly scope: JobScope; readonly job: Job }) {
  const log = useQuery(logQuery(scope, job.id, job.status === 'running'));
  if (log.isPending) {
    return (
      <div className={styles.body}>
        <SkeletonLines lines={6} />
      </div>
    );
  }
  if (log.error?.status === 404) {
    return <p className={styles.body}>There is no log yet. It begins when the job is taken up.</p>;
  }
  if (log.error) {
    return <ErrorState error={log.error} onRetry={() => log.refetch()} isRetrying={log.isFetching} />;
  }
  return (
    <div className={styles.body}>
      <CodeBlock label="Log of the job" samples={[{ language: 'Text', code: log.data.trimEnd() }]} />
    </div>
  );
}
