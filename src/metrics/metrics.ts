import type { Registry } from 'prom-client';
import { type Answered, countAnswers } from './http.ts';
import { type IdentitySources, watchIdentity } from './identity.ts';
import { type BacklogSource, countJobs, type JobCounters, watchBacklog } from './jobs.ts';
import { countSessions, type SessionCounters, type StreamSource, watchStreams } from './realtime.ts';
import { createRegistry, labelledCounter } from './registry.ts';
import { type ReplicationSource, watchReplication } from './replication.ts';
import { type EngineSource, type ServerSources, watchEngines, watchServer } from './server.ts';

/**
 * The figures of this process for Prometheus. Values of labels are patterns, codes and names from short lists of our
 * own: never a key, an id, a path, or anything a caller sent. So the number of series has a limit.
 */
export interface Metrics {
  /** Counts an answer of the HTTP API. */
  readonly answered: (answered: Answered) => void;
  /** Counts a request that the guards refused. */
  readonly refused: (reason: string) => void;
  readonly jobs: JobCounters;
  readonly sessions: SessionCounters;
  /** Counts spans of traces by what became of them. */
  readonly spans: (fate: string, spans: number) => void;
  /** Of the parts that this process has: each once, when it is open. What is watched is read when it is asked for. */
  watchServer(sources: ServerSources): void;
  watchIdentity(sources: IdentitySources): void;
  watchEngines(source: EngineSource): void;
  watchBacklog(source: BacklogSource): void;
  watchReplication(source: ReplicationSource): void;
  watchStreams(source: StreamSource): void;
  page(): Promise<MetricsPage>;
}

export interface MetricsPage {
  /** Text exposition format 0.0.4. */
  readonly text: string;
  readonly contentType: string;
}

interface Vocabulary {
  readonly version: string;
  /** Every reason for which guards refuse. */
  readonly refusalReasons: readonly string[];
  /** Every way in which a session can end. */
  readonly sessionEnds: readonly string[];
  /** Everything that can become of a span. */
  readonly spanFates: readonly string[];
}

export function createMetrics(
  { version, refusalReasons, sessionEnds, spanFates }: Vocabulary,
  registry: Registry = createRegistry(version),
): Metrics {
  const transcribed = labelledCounter(registry, {
    name: 'parley_transcribed_audio_seconds_total',
    help: 'Seconds of audio transcribed by this node: of jobs when they are done, of sessions as they are heard.',
    label: 'mode',
    values: ['batch', 'real-time'],
  });
  return {
    answered: countAnswers(registry),
    refused: labelledCounter(registry, {
      name: 'parley_requests_refused_total',
      help: 'Requests that were refused for their credential, its permissions or its rate, by why.',
      label: 'reason',
      values: refusalReasons,
    }),
    jobs: countJobs(registry, (seconds) => transcribed('batch', seconds)),
    sessions: countSessions(registry, sessionEnds, (seconds) => transcribed('real-time', seconds)),
    spans: labelledCounter(registry, {
      name: 'parley_trace_spans_total',
      help: 'Spans of traces: exported, failed where the collector did not take them, dropped where too many waited.',
      label: 'outcome',
      values: spanFates,
    }),
    watchServer: (sources) => watchServer(registry, sources),
    watchIdentity: (sources) => watchIdentity(registry, sources),
    watchEngines: (source) => watchEngines(registry, source),
    watchBacklog: (source) => watchBacklog(registry, source),
    watchReplication: (source) => watchReplication(registry, source),
    watchStreams: (source) => watchStreams(registry, source),
    page: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
}
