import { Gauge, type Registry } from 'prom-client';
import { createReading } from './reading.ts';

/** How environments with databases of their own follow the control database, as seen from this node's database. */
export interface ReplicationSource {
  /** In the control database: the environments that follow it. */
  environments(): Promise<
    readonly {
      readonly environment: string;
      readonly lagSeconds: number | null;
      readonly changesBehind: number | null;
      readonly hasMissedChanges: boolean;
      readonly slot: { readonly isActive: boolean; readonly retainedBytes: number } | null;
    }[]
  >;
  /** In the database of an environment. */
  controlLagSeconds(): Promise<number | undefined>;
}

type Following = Awaited<ReturnType<ReplicationSource['environments']>>[number];

export function watchReplication(registry: Registry, source: ReplicationSource): void {
  const reading = createReading(source.environments);
  const gauge = (name: string, help: string, value: (one: Following) => number | null | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ['environment'],
      registers: [registry],
      async collect() {
        const found = await reading();
        this.reset();
        for (const one of found ?? []) {
          const figure = value(one);
          if (figure !== null && figure !== undefined) this.set({ environment: one.environment }, figure);
        }
      },
    });
  gauge(
    'parley_environment_lag_seconds',
    'Age of the last heartbeat that an environment with a database of its own has answered.',
    ({ lagSeconds }) => lagSeconds,
  );
  gauge(
    'parley_environment_changes_behind',
    'Changes of keys that not every node of the environment has applied, as far as is known.',
    ({ changesBehind }) => changesBehind,
  );
  gauge(
    'parley_environment_missed_changes',
    '1 when the environment has lost changes of keys and must be copied anew (parley environments init).',
    ({ hasMissedChanges }) => Number(hasMissedChanges),
  );
  gauge(
    'parley_environment_slot_active',
    '1 while the environment reads from its replication slot; 0 also when the slot is gone.',
    ({ slot }) => Number(slot?.isActive ?? false),
  );
  gauge(
    'parley_environment_slot_retained_bytes',
    'Write-ahead log that PostgreSQL of the control plane keeps for the environment.',
    ({ slot }) => slot?.retainedBytes,
  );
  watchControl(registry, source);
}

function watchControl(registry: Registry, { controlLagSeconds }: ReplicationSource): void {
  const reading = createReading(controlLagSeconds);
  new Gauge({
    name: 'parley_control_heartbeat_age_seconds',
    help: 'In an environment with a database of its own: age of the last heartbeat of the control plane.',
    // Without a label there would be a value from the start.
    labelNames: ['source'],
    registers: [registry],
    async collect() {
      const found = await reading();
      this.reset();
      if (found !== undefined) this.set({ source: 'control' }, found);
    },
  });
}
