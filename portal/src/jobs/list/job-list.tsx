import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useDeferredValue, useMemo } from 'react';
import { Button } from '../../ui/button/button.tsx';
import { EmptyState } from '../../ui/feedback/empty-state.tsx';
import { ErrorState } from '../../ui/feedback/error-state.tsx';
import { FileIcon, SearchIcon } from '../../ui/icons/icons.tsx';
import { VisuallyHidden } from '../../ui/layout/visually-hidden.tsx';
import type { JobEntry, JobScope, JobStatus } from '../job.ts';
import styles from './job-list.module.css';
import { jobListQuery, type JobList as List, loadOlder } from './job-list-query.ts';
import { JobTable, JobTableSkeleton } from './job-table.tsx';

interface JobListProps {
  readonly scope: JobScope;
  readonly status: JobStatus | undefined;
  /** Part of the names looked for. */
  readonly text: string;
  /** What to do where there is no job at all. */
  readonly firstAction: ReactNode;
}

const NONE: List = { entries: [], hasOlder: false };

/** The jobs of a scope, newest first, as far as one scrolls. */
export function JobList({ scope, status, text, firstAction }: JobListProps) {
  const client = useQueryClient();
  const jobs = useQuery(jobListQuery(scope));
  const older = useMutation({ mutationFn: () => loadOlder(client, scope) });
  const { entries, hasOlder } = jobs.data ?? NONE;
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const shown = useMemo(() => filtered(entries, status, wanted), [entries, status, wanted]);
  const isFiltered = status !== undefined || wanted !== '';

  if (jobs.isPending) return <JobTableSkeleton />;
  if (jobs.error && jobs.data === undefined) {
    return <ErrorState error={jobs.error} onRetry={() => jobs.refetch()} isRetrying={jobs.isFetching} />;
  }
  if (entries.length === 0) return <NoJobs clientRef={scope.clientRef} action={firstAction} />;
  const load = () => {
    if (!older.isPending) older.mutate();
  };
  const running = entries.filter((entry) => entry.status === 'running').length;
  return (
    <>
      <VisuallyHidden role="status">
        {running === 0
          ? 'No job is running'
          : running === 1
            ? '1 job is running'
            : `${running} jobs are running`}
      </VisuallyHidden>
      {shown.length === 0 ? (
        <EmptyState icon={<SearchIcon size={20} />} title="No job fits">
          None of the {entries.length === 1 ? 'one job' : `${entries.length} jobs`} loaded so far has what you
          look for.
        </EmptyState>
      ) : (
        <JobTable
          scope={scope}
          entries={shown}
          hasOlder={hasOlder && !isFiltered}
          onEndSeen={older.error === null ? load : undefined}
        />
      )}
      <ListFoot
        loaded={entries.length}
        shown={shown.length}
        hasOlder={hasOlder}
        isFiltered={isFiltered}
        older={older}
        onLoad={load}
      />
    </>
  );
}

function filtered(
  entries: readonly JobEntry[],
  status: JobStatus | undefined,
  wanted: string,
): readonly JobEntry[] {
  if (status === undefined && wanted === '') return entries;
  return entries.filter(
    (entry) =>
      (status === undefined || entry.status === status) &&
      (wanted === '' || entry.name.toLowerCase().includes(wanted) || entry.id === wanted),
  );
}

function NoJobs({
  clientRef,
  action,
}: {
  readonly clientRef: string | undefined;
  readonly action: ReactNode;
}) {
  if (clientRef !== undefined) {
    return (
      <EmptyState icon={<FileIcon size={20} />} title="No jobs of this client_ref" action={action}>
        No job in this project is filed under <bdi>{clientRef}</bdi>.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<FileIcon size={20} />} title="No jobs yet" action={action}>
      Drop a recording anywhere on this page, or choose files. Their transcripts appear here.
    </EmptyState>
  );
}

interface ListFootProps {
  readonly loaded: number;
  readonly shown: number;
  readonly hasOlder: boolean;
  readonly isFiltered: boolean;
  readonly older: { readonly isPending: boolean; readonly error: { readonly message: string } | null };
  readonly onLoad: () => void;
}

/** How many jobs there are, and the way to older ones where they do not load by themselves. */
function ListFoot({ loaded, shown, hasOlder, isFiltered, older, onLoad }: ListFootProps) {
  const all = `${loaded} ${loaded === 1 ? 'job' : 'jobs'}${hasOlder ? ' loaded' : ''}`;
  const words = isFiltered ? `${shown} of ${all}` : all;
  return (
    <div className={styles.foot}>
      <span className={styles.count}>{words}</span>
      <VisuallyHidden role="status">{isFiltered ? words : ''}</VisuallyHidden>
      {older.error === null ? null : (
        <span role="alert" className={styles.failure}>
          {older.error.message}
        </span>
      )}
      {hasOlder && (isFiltered || older.error !== null) ? (
        <Button size="small" isBusy={older.isPending} onClick={onLoad}>
          Load older jobs
        </Button>
      ) : null}
    </div>
  );
}
