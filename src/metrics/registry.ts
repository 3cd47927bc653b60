import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** What is read at the moment it is asked for. */
export interface Watched {
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

/** A registry with the metrics of every Node process, named as dashboards of those know them. */
export function createRegistry(version: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const info = new Gauge({
    name: 'parley_build_info',
    help: 'Always 1; the label is the version that runs.',
    labelNames: ['version'],
    registers: [registry],
  });
  info.set({ version }, 1);
  return registry;
}

export function watchGauge(registry: Registry, { name, help, read }: Watched): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** @param watched whose reading never goes back while the process lives */
export function watchCounter(registry: Registry, { name, help, read }: Watched): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

interface Labelled<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly label: L;
  /** Every value the label can have: each is there from the start, so that its first increase is seen. */
  readonly values: readonly string[];
}

/** A counter with one label; returns what counts. */
export function labelledCounter<L extends string>(
  registry: Registry,
  { name, help, label, values }: Labelled<L>,
): (value: string, by?: number) => void {
  const counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
  const labels = (value: string) => ({ [label]: value }) as Record<L, string>;
  for (const value of values) counter.inc(labels(value), 0);
  return (value, by = 1) => counter.inc(labels(value), by);
}
