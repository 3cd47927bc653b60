import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { clockTime } from '../../ui/data/clock-time.ts';
import { Time } from '../../ui/data/time.tsx';
import { type JobEntry, type JobScope, languageName } from '../job.ts';
import { JobStatusBadge } from '../job-status.tsx';
import styles from './job-list.module.css';

interface JobRowProps {
  readonly scope: JobScope;
  readonly entry: JobEntry;
  readonly index: number;
  /** Pixels from the top of the table's body. */
  readonly top: number;
  readonly onFocus: (index: number) => void;
}

/** A job in the list; all of it leads to the job. */
export const JobRow = memo(function JobRow({ scope, entry, index, top, onFocus }: JobRowProps) {
  const { workspaceId, projectId } = scope;
  return (
    <tr
      className={styles.row}
      style={{ transform: `translateY(${top}px)` }}
      // The first row is the head.
      aria-rowindex={index + 2}
    >
      <th scope="row" className={styles.name}>
        <Link
          to="/workspaces/$workspaceId/jobs/$jobId"
          params={{ workspaceId, jobId: entry.id }}
          search={{ project: projectId }}
          preload={false}
          onFocus={() => onFocus(index)}
          className={styles.link}
        >
          <bdi>{entry.name}</bdi>
        </Link>
        <span className={entry.error === undefined ? styles.id : styles.error}>
          {entry.error ?? entry.id}
        </span>
      </th>
      <td className={styles.status}>
        <JobStatusBadge status={entry.status} />
      </td>
      <td className={styles.length}>{entry.durationSeconds > 0 ? clockTime(entry.durationSeconds) : '–'}</td>
      <td className={styles.language}>
        {entry.language === '' ? '–' : languageName(entry.language)}
        {entry.model === '' ? null : <span className={styles.model}>{entry.model}</span>}
      </td>
      <td className={styles.created}>
        <Time value={entry.createdAt} />
      </td>
    </tr>
  );
});
