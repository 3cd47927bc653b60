import { useRealtimeTranscription } from '@speechmatics/real-time-client-react';
import { useCallback } from 'react';
import { Problem } from '../../api/problem.ts';
import { type KeyScope, withTemporaryKey } from '../../api/temporary-keys.ts';
import { audioFormat } from '../audio/audio-source.ts';
import { LiveFault } from './live-fault.ts';
import { type SessionOptions, transcriptionConfig } from './session-options.ts';

const BEARER = 'Bearer ';

/** Opens a session with a temporary key of the portal. Rejects with a `LiveFault` or a `Problem`. */
export function useConnection(scope: KeyScope) {
  const { startTranscription } = useRealtimeTranscription();
  const { workspaceId, projectId, product } = scope;
  return useCallback(
    async (sampleRate: number, options: SessionOptions): Promise<void> => {
      const config = {
        audio_format: audioFormat(sampleRate),
        transcription_config: transcriptionConfig(options),
      };
      await withTemporaryKey({ workspaceId, projectId, product }, async ({ authorization }) => {
        const key = authorization.slice(BEARER.length);
        await startTranscription(key, config).catch(refuse);
      }).catch(explain);
    },
    [startTranscription, workspaceId, projectId, product],
  );
}

/**
 * The client rejects with an event, no error, when there is no connection or the key was not accepted: browsers do not
 * tell which. As a refused key it is tried once more with a new one.
 */
function refuse(cause: unknown): never {
  if (!(cause instanceof Error)) throw new Problem({ status: 401, error: REFUSED });
  // Its only error without a message `Error` before it.
  throw new LiveFault('no_answer', { cause });
}

const REFUSED = 'No connection';

function explain(cause: unknown): never {
  const isRefused = cause instanceof Problem && cause.error === REFUSED;
  throw isRefused ? new LiveFault('no_connection', { cause }) : cause;
}
