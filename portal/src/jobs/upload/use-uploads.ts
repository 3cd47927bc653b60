import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { sessionQuery } from '../../api/session.ts';
import { type UploadQueue, type UploadSnapshot, uploadQueueOf } from './upload-queue.ts';

/** The uploads, and what can be done with them. Holds the window open while a recording is on its way. */
export function useUploads(): UploadSnapshot & { readonly queue: UploadQueue } {
  const queue = uploadQueueOf(useQueryClient());
  const snapshot = useSyncExternalStore(queue.subscribe, queue.read);
  const isSignedIn = useQuery(sessionQuery).data?.account != null;
  useEffect(() => {
    if (isSignedIn) queue.resume();
  }, [isSignedIn, queue]);
  const isBusy = snapshot.uploads.some(
    ({ state }) => state.status === 'sending' || state.status === 'waiting',
  );
  useEffect(() => {
    if (!isBusy) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isBusy]);
  return { ...snapshot, queue };
}
