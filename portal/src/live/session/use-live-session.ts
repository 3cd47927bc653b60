import { RealtimeContext, useRealtimeTranscription } from '@speechmatics/real-time-client-react';
import { useContext, useLayoutEffect, useRef, useState } from 'react';
import { asProblem, type Problem } from '../../api/problem.ts';
import type { KeyScope } from '../../api/temporary-keys.ts';
import type { AudioSource } from '../audio/audio-source.ts';
import { SoundGauge } from '../audio/sound-gauge.ts';
import { useInterval } from '../use-interval.ts';
import { LiveFault } from './live-fault.ts';
import { LiveRun } from './live-run.ts';
import type { SessionOptions } from './session-options.ts';
import { useConnection } from './use-connection.ts';
import { useServerEvents } from './use-server-events.ts';

/** `starting`: from the press of Start until the server listens; `stopping`: until the last words have come. */
export type Phase = 'idle' | 'starting' | 'listening' | 'stopping';

export interface LiveSession {
  readonly phase: Phase;
  /** Why the last session did not begin, or did not end by itself. */
  readonly fault: LiveFault | Problem | undefined;
  readonly gauge: SoundGauge;
  readonly start: (source: AudioSource, options: SessionOptions) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const CHECK_MILLISECONDS = 1000;

/**
 * A session at a time: opens the source, then the connection, and sends what the source hears.
 * @param onStuck is told that the client waits for a server that is gone, and that another client is needed
 */
export function useLiveSession(scope: KeyScope, onStuck: () => void): LiveSession {
  const client = useContext(RealtimeContext)?.client;
  const { stopTranscription } = useRealtimeTranscription();
  const connect = useConnection(scope);
  const [phase, setPhase] = useState<Phase>('idle');
  const [fault, setFault] = useState<LiveFault | Problem>();
  const [gauge] = useState(() => new SoundGauge());
  const current = useRef<LiveRun>(undefined);

  const finish = (run: LiveRun, cause?: unknown) => {
    if (current.current !== run) return;
    current.current = undefined;
    run.source.close();
    gauge.level = 0;
    setFault(cause === undefined ? undefined : asFault(cause));
    setPhase('idle');
  };

  const send = (run: LiveRun, samples: Float32Array<ArrayBuffer>) => {
    // A source does not notice at once that the connection has ended.
    if (current.current !== run || client?.socketState !== 'open') return;
    client.sendAudio(samples);
    run.sent();
    gauge.measure(samples, run.source.sampleRate);
  };

  const end = async (run: LiveRun, cause?: Error) => {
    if (run.isEnding || current.current !== run) return;
    run.isEnding = true;
    run.cause = cause;
    setPhase('stopping');
    // Hands on what it heard last, so before the end is told.
    run.source.close();
    try {
      await stopTranscription();
    } catch (error) {
      finish(run, new LiveFault('no_answer', { cause: error }));
      onStuck();
    }
  };

  const start = async (source: AudioSource, options: SessionOptions) => {
    const run = new LiveRun(source);
    current.current = run;
    gauge.reset();
    setFault(undefined);
    setPhase('starting');
    try {
      await source.open();
      if (current.current !== run) return;
      await connect(source.sampleRate, options);
      // The page was left meanwhile: nobody else would end this session.
      if (current.current !== run) return void stopTranscription().catch(() => undefined);
      run.isHeard = true;
      setPhase('listening');
      await source.begin({
        onAudio: (samples) => send(run, samples),
        onEnd: (cause) => void end(run, cause),
      });
    } catch (cause) {
      if (run.isHeard) await end(run, asFault(cause));
      else finish(run, cause);
    }
  };

  useServerEvents(current, finish);
  const check = () => {
    if (!current.current?.isUnanswered) return;
    finish(current.current, new LiveFault('connection_lost'));
    onStuck();
  };
  useInterval(check, phase === 'listening' ? CHECK_MILLISECONDS : undefined);
  // Before the effects of the provider around it, which then tells the server that the sound has ended.
  useLayoutEffect(() => () => leave(current), []);

  const stop = async () => {
    if (current.current !== undefined) await end(current.current);
  };
  return { phase, fault, gauge, start, stop };
}

function leave(current: { current: LiveRun | undefined }): void {
  current.current?.source.close();
  current.current = undefined;
}

const asFault = (cause: unknown): LiveFault | Problem =>
  cause instanceof LiveFault ? cause : asProblem(cause);
