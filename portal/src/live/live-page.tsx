import { RealtimeTranscriptionProvider } from '@speechmatics/real-time-client-react';
import { useState } from 'react';
import { ProjectSelect } from '../shell/workspace/project-select.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { LiveConsole } from './live-console.tsx';
import { useAbandonedClients } from './session/abandoned-client.ts';

/** Speaks the real-time API as every customer's page does, with the client of Speechmatics. */
export function LivePage() {
  // Another name makes another client, for when one waits for a server that is gone.
  const [client, setClient] = useState(1);
  useAbandonedClients();
  return (
    <>
      <PageHeader
        title="Live"
        description="Speak, or play a file, and read the transcript as it comes."
        actions={<ProjectSelect />}
      />
      <RealtimeTranscriptionProvider url={realtimeUrl()} appId={`parley-portal/${client}`}>
        <LiveConsole onStuck={() => setClient((count) => count + 1)} />
      </RealtimeTranscriptionProvider>
    </>
  );
}

const realtimeUrl = (): string => new URL('/v2', window.location.href.replace(/^http/, 'ws')).href;
