import { Counter, Gauge, type Registry } from 'prom-client';
import { labelledCounter, watchGauge } from './registry.ts';

/** What happens to real-time sessions on this node. */
export interface SessionCounters {
  opened(): void;
  started(): void;
  heard(audioSeconds: number): void;
  ended(end: string): void;
}

/**
 * @param ends every way in which a session can end
 * @param transcribed counts seconds of audio
 */
export function countSessions(
  registry: Registry,
  ends: readonly string[],
  transcribed: (seconds: number) => void,
): SessionCounters {
  const registers = [registry];
  const open = new Gauge({
    name: 'parley_sessions_open',
    help: 'Real-time clients connected to this node now.',
    registers,
  });
  const started = new Counter({
    name: 'parley_sessions_started_total',
    help: 'Real-time sessions in which recognition has started.',
    registers,
  });
  const ended = labelledCounter(registry, {
    name: 'parley_sessions_ended_total',
    help: 'Real-time sessions that are over: completed, left by the client before that, or by the type of the error.',
    label: 'reason',
    values: ends,
  });
  return {
    opened: () => open.inc(),
    started: () => started.inc(),
    heard: transcribed,
    ended(end) {
      open.dec();
      ended(end);
    },
  };
}

export interface StreamSource {
  /** Taken now. */
  taken(): number;
  readonly most: number;
}

export function watchStreams(registry: Registry, { taken, most }: StreamSource): void {
  watchGauge(registry, {
    name: 'parley_streams_used',
    help: 'Streams of real-time audio that this node listens to now; a session with channels has several.',
    read: taken,
  });
  watchGauge(registry, {
    name: 'parley_streams_limit',
    help: 'Streams it may listen to at once (PARLEY_MAX_STREAMS).',
    read: () => most,
  });
}
