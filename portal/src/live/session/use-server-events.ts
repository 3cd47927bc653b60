import {
  type ReceiveMessageEvent,
  type SocketStateChangeEvent,
  useRealtimeEventListener,
} from '@speechmatics/real-time-client-react';
import { type RefObject, useCallback, useEffect, useRef } from 'react';
import { LiveFault, serverFault } from './live-fault.ts';
import type { LiveRun } from './live-run.ts';

type Finish = (run: LiveRun, cause?: Error) => void;

/** Ends the current session when the server or the network does. */
export function useServerEvents(current: RefObject<LiveRun | undefined>, finish: Finish): void {
  const latest = useRef(finish);
  useEffect(() => {
    latest.current = finish;
  });

  const receive = ({ data }: ReceiveMessageEvent) => {
    const run = current.current;
    if (run === undefined) return;
    if (data.message === 'AudioAdded') run.acknowledged(data.seq_no);
    if (data.message === 'Error') latest.current(run, serverFault(data));
    if (data.message === 'EndOfTranscript') latest.current(run, run.cause);
  };
  useRealtimeEventListener('receiveMessage', useCallback(receive, [current]));

  const change = ({ socketState }: SocketStateChangeEvent) => {
    const run = current.current;
    // While a session begins, the one who opens it hears of it, and may try again.
    if (run?.isHeard && socketState === 'closed') latest.current(run, new LiveFault('connection_lost'));
  };
  useRealtimeEventListener('socketStateChange', useCallback(change, [current]));
}
