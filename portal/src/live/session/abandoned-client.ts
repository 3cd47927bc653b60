import { SpeechmaticsRealtimeError } from '@speechmatics/real-time-client-react';
import { useEffect } from 'react';

/**
 * Keeps errors out of the console that concern nobody: a provider that is taken away ends the session of its client, but
 * looks at no outcome. With a connection that is not open yet, or a server that is gone, that fails.
 */
export function useAbandonedClients(): void {
  // Stays, because some of these errors come ten seconds after the page was left; added twice it is there once.
  useEffect(() => window.addEventListener('unhandledrejection', ignoreAbandoned), []);
}

function ignoreAbandoned(event: PromiseRejectionEvent): void {
  if (isOfClient(event.reason)) event.preventDefault();
}

const isOfClient = (reason: unknown): boolean =>
  reason instanceof SpeechmaticsRealtimeError ||
  (reason instanceof DOMException &&
    reason.name === 'InvalidStateError' &&
    reason.message.includes('WebSocket'));
