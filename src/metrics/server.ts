import { Gauge, type Registry } from 'prom-client';
import { createReading } from './reading.ts';
import { watchCounter, watchGauge } from './registry.ts';

/** The state of this process and of what it stands on. */
export interface ServerSources {
  isReady(): Promise<boolean>;
  isDegraded(): boolean;
  /** Absent: the database is embedded. */
  readonly connections?: () => Readonly<Record<'inUse' | 'idle' | 'waiting', number>>;
}

/** Processes that recognise speech. */
export interface EngineSource {
  readonly pids: readonly number[];
  readonly restarts: number;
}

export function watchServer(registry: Registry, sources: ServerSources): void {
  const isReady = createReading(sources.isReady);
  new Gauge({
    name: 'parley_ready',
    help: '1 while /health/ready answers 200.',
    registers: [registry],
    async collect() {
      this.set(Number((await isReady()) ?? false));
    },
  });
  watchGauge(registry, {
    name: 'parley_degraded',
    help: '1 while /health/ready says degraded: the feed of key changes is lost.',
    read: () => Number(sources.isDegraded()),
  });
  if (sources.connections) watchConnections(registry, sources.connections);
}

export function watchEngines(registry: Registry, engines: EngineSource): void {
  watchGauge(registry, {
    name: 'parley_engine_processes',
    help: 'Engine processes that are loaded; those after the first are started when they are needed.',
    read: () => engines.pids.length,
  });
  watchCounter(registry, {
    name: 'parley_engine_restarts_total',
    help: 'Engine processes started in place of one that had ended.',
    read: () => engines.restarts,
  });
}

function watchConnections(registry: Registry, read: NonNullable<ServerSources['connections']>): void {
  new Gauge({
    name: 'parley_database_connections',
    help: 'Connections of the pool to the database server; none with an embedded one.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { inUse, idle } = read();
      this.set({ state: 'in_use' }, inUse);
      this.set({ state: 'idle' }, idle);
    },
  });
  watchGauge(registry, {
    name: 'parley_database_waiting',
    help: 'Statements and transactions that wait for a connection of the pool.',
    read: () => read().waiting,
  });
}
