import { QueryErrorResetBoundary } from '@tanstack/react-query';
import { CatchBoundary, Outlet } from '@tanstack/react-router';
import { Suspense } from 'react';
import { useSession } from '../api/session.ts';
import { OfflineBanner } from './offline-banner.tsx';
import styles from './page-states.module.css';
import { CouldNotStart } from './page-states.tsx';

/** The whole application: nothing is drawn until it is known who is signed in. */
export function Root() {
  return (
    <>
      <OfflineBanner />
      <QueryErrorResetBoundary>
        {({ reset }) => (
          <CatchBoundary getResetKey={() => 'root'} errorComponent={CouldNotStart} onCatch={reset}>
            <Suspense fallback={<div className={styles.start} />}>
              <WithSession />
            </Suspense>
          </CatchBoundary>
        )}
      </QueryErrorResetBoundary>
    </>
  );
}

function WithSession() {
  useSession();
  return <Outlet />;
}
