import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { Problem } from '../../api/problem.ts';
import { Button } from '../../ui/button/button.tsx';
import { Notice } from '../../ui/feedback/notice.tsx';
import styles from '../audit.module.css';
import type { AuditEntry } from '../audit-query.ts';

interface MoreEntriesProps {
  readonly log: UseInfiniteQueryResult<InfiniteData<AuditEntry[]>, Problem>;
  readonly count: number;
  readonly isFiltered: boolean;
}

/** The foot of the list: fetches what is older when it comes into view, or says that there is nothing older. */
export function MoreEntries({ log, count, isFiltered }: MoreEntriesProps) {
  const { hasNextPage, isFetching, fetchNextPage, isFetchNextPageError, error } = log;
  const foot = useRef<HTMLDivElement>(null);
  const isWanted = hasNextPage && !isFetching && !isFetchNextPageError;
  useEffect(() => {
    if (!isWanted || foot.current === null) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void fetchNextPage();
      },
      { rootMargin: AHEAD },
    );
    observer.observe(foot.current);
    return () => observer.disconnect();
  }, [isWanted, fetchNextPage]);
  if (count === 0) return null;
  return (
    <div ref={foot} className={styles.foot}>
      {error ? <Notice tone="danger">{error.message}</Notice> : null}
      {hasNextPage ? (
        <Button onClick={() => void fetchNextPage()} isBusy={isFetching}>
          Show older entries
        </Button>
      ) : (
        <p>{isFiltered ? 'No older entry matches.' : 'This is where the log begins.'}</p>
      )}
    </div>
  );
}

/** Fetched before somebody gets there. */
const AHEAD = '400px';
