import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { asProblem } from '../api/problem.ts';
import { classOf } from '../ui/button/button.tsx';
import { EmptyState } from '../ui/feedback/empty-state.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { Skeleton } from '../ui/feedback/skeleton.tsx';
import { SearchIcon } from '../ui/icons/icons.tsx';
import styles from './page-states.module.css';

/** Stands for a page whose code is on its way. */
export function PageSkeleton() {
  return (
    <div className={styles.skeleton} role="status" aria-label="Loading">
      <Skeleton width={180} height={31} />
      <Skeleton width={320} height={20} />
      <Skeleton height={240} />
    </div>
  );
}

/** Stands for a page that failed. */
export function PageError({ error, reset }: ErrorComponentProps) {
  return <ErrorState title="This page could not be shown" error={asProblem(error)} onRetry={reset} />;
}

/** Stands for the whole application when the server does not answer. */
export function CouldNotStart({ error, reset }: ErrorComponentProps) {
  return (
    <main className={styles.start}>
      <ErrorState title={<h1>Parley could not be opened</h1>} error={asProblem(error)} onRetry={reset} />
    </main>
  );
}

/** Stands at an address that leads nowhere, within the frame of a workspace. */
export function PageNotFound() {
  return (
    <EmptyState
      icon={<SearchIcon size={20} />}
      title={<h1>There is no such page</h1>}
      action={
        <Link to="/" className={classOf('secondary')}>
          Go to the start
        </Link>
      }
    >
      <title>Not found · Parley</title>
      The address is wrong, or the page has moved.
    </EmptyState>
  );
}

/** Stands at an address that leads nowhere. */
export function NotFound() {
  return (
    <main className={styles.start}>
      <PageNotFound />
    </main>
  );
}
