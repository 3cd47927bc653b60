import {
  RealtimeContext,
  type ReceiveMessageEvent,
  type SocketStateChangeEvent,
  useRealtimeEventListener,
} from '@speechmatics/real-time-client-react';
import { useCallback, useContext, useLayoutEffect, useState } from 'react';
import type { KeyScope } from '../../api/temporary-keys.ts';
import type { AudioSource } from '../audio/audio-source.ts';
import type { SoundGauge } from '../audio/sound-gauge.ts';
import { useInterval } from '../use-interval.ts';
import type { SessionOptions } from './session-options.ts';
import { SessionRunner, type SessionState } from './session-runner.ts';
import { useConnection } from './use-connection.ts';

export interface LiveSession extends SessionState {
  readonly gauge: SoundGauge;
  readonly start: (source: AudioSource, options: SessionOptions) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const CHECK_MILLISECONDS = 1000;

/**
 * The session of a page, over the client of the provider around it.
 * @param onStuck is told that the client waits for a server that is gone, and that another client is needed
 */
export function useLiveSession(scope: KeyScope, onStuck: () => void): LiveSession {
  const client = useContext(RealtimeContext)?.client;
  const connect = useConnection(scope);
  const [state, report] = useState<SessionState>({ phase: 'idle' });
  const [runner] = useState(() => new SessionRunner());
  useLayoutEffect(() => runner.setSurroundings({ client, connect, report, onStuck }));
  // Before the effects of the provider, which then says that the sound has ended.
  useLayoutEffect(() => () => runner.leave(), [runner]);
  useInterval(() => runner.check(), state.phase === 'listening' ? CHECK_MILLISECONDS : undefined);

  const receive = ({ data }: ReceiveMessageEvent) => runner.receive(data);
  useRealtimeEventListener('receiveMessage', useCallback(receive, [runner]));
  const change = ({ socketState }: SocketStateChangeEvent) => {
    if (socketState === 'closed') runner.disconnected();
  };
  useRealtimeEventListener('socketStateChange', useCallback(change, [runner]));

  return {
    ...state,
    gauge: runner.gauge,
    start: (source, options) => runner.start(source, options),
    stop: () => runner.stop(),
  };
}
