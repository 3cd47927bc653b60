import { Counter, Gauge, type Registry } from 'prom-client';
import { createReading } from './reading.ts';
import { labelledCounter } from './registry.ts';

/** What happens to jobs on this node. */
export interface JobCounters {
  submitted(): void;
  runStarted(): void;
  runStopped(): void;
  ended(status: string, audioSeconds: number): void;
  called(kind: string, outcome: string): void;
}

/** @param transcribed counts seconds of audio */
export function countJobs(registry: Registry, transcribed: (seconds: number) => void): JobCounters {
  const registers = [registry];
  const submitted = new Counter({
    name: 'parley_jobs_submitted_total',
    help: 'Jobs accepted by this node.',
    registers,
  });
  const ended = labelledCounter(registry, {
    name: 'parley_jobs_finished_total',
    help: 'Jobs that this node has ended, by how.',
    label: 'status',
    values: ['done', 'rejected'],
  });
  const running = new Gauge({
    name: 'parley_jobs_running',
    help: 'Jobs that run on this node now.',
    registers,
  });
  const called = new Counter({
    name: 'parley_outbound_calls_total',
    help: 'Attempts to fetch audio or texts (`fetch`) and to call back (`notify`); a call given up is not repeated.',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  for (const kind of ['fetch', 'notify']) {
    for (const outcome of ['succeeded', 'failed', 'given_up']) called.inc({ kind, outcome }, 0);
  }
  return {
    submitted: () => submitted.inc(),
    runStarted: () => running.inc(),
    runStopped: () => running.dec(),
    ended(status, audioSeconds) {
      ended(status);
      transcribed(audioSeconds);
    },
    called: (kind, outcome) => called.inc({ kind, outcome }),
  };
}

export interface BacklogSource {
  /** Every environment and state that there can be. */
  readonly environments: readonly string[];
  readonly states: readonly string[];
  /** Those with jobs in them. */
  read(): Promise<
    readonly {
      readonly environment: string;
      readonly state: string;
      readonly jobs: number;
      readonly oldestSeconds: number;
    }[]
  >;
}

/** What waits in the database, the same on all its nodes. Left out while the database does not answer. */
export function watchBacklog(registry: Registry, { environments, states, read }: BacklogSource): void {
  const reading = createReading(read);
  const gauge = (name: string, help: string, value: 'jobs' | 'oldestSeconds') =>
    new Gauge({
      name,
      help,
      labelNames: ['environment', 'state'],
      registers: [registry],
      async collect() {
        const found = await reading();
        this.reset();
        if (!found) return;
        for (const environment of environments) {
          for (const state of states) this.set({ environment, state }, 0);
        }
        for (const one of found) this.set({ environment: one.environment, state: one.state }, one[value]);
      },
    });
  gauge(
    'parley_unfinished_jobs',
    'Unfinished jobs of all nodes of the database: their files are fetched, they wait for an engine, or run.',
    'jobs',
  );
  gauge(
    'parley_unfinished_jobs_oldest_seconds',
    'Since the oldest unfinished job in this state was submitted; 0 when there is none.',
    'oldestSeconds',
  );
}
