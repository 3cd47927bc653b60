import { Gauge, type Registry } from 'prom-client';
import { watchCounter, watchGauge } from './registry.ts';

/** What this node holds of keys, and how it stands with the database that is the truth of them. */
export interface IdentitySources {
  keyCache(): { readonly size: number; readonly hits: number; readonly misses: number };
  node(): {
    readonly clock: { readonly offsetMs: number; readonly errorMs: number };
    readonly appliedVersion: number;
    readonly knownVersion: number;
  };
  isCurrent(): boolean;
  /** Of this node. */
  readonly roles: readonly string[];
  liveNodes(role: string): number;
}

export function watchIdentity(registry: Registry, sources: IdentitySources): void {
  watchKeyCache(registry, sources);
  watchNode(registry, sources);
}

function watchKeyCache(registry: Registry, { keyCache }: IdentitySources): void {
  watchGauge(registry, {
    name: 'parley_key_cache_size',
    help: 'Records of API keys held in memory.',
    read: () => keyCache().size,
  });
  watchCounter(registry, {
    name: 'parley_key_cache_hits_total',
    help: 'Look-ups of API keys answered from memory.',
    read: () => keyCache().hits,
  });
  watchCounter(registry, {
    name: 'parley_key_cache_misses_total',
    help: 'Look-ups of API keys that asked the database.',
    read: () => keyCache().misses,
  });
}

function watchNode(registry: Registry, { node, isCurrent, roles, liveNodes }: IdentitySources): void {
  watchGauge(registry, {
    name: 'parley_node_current',
    help: '1 while this node hears of changes and may use keys from memory; 0: it asks the database for each.',
    read: () => Number(isCurrent()),
  });
  new Gauge({
    name: 'parley_live_nodes',
    help: 'Nodes of this database whose lease holds, by the roles of this one, which is among them.',
    labelNames: ['role'],
    registers: [registry],
    collect() {
      for (const role of roles) this.set({ role }, liveNodes(role));
    },
  });
  watchGauge(registry, {
    name: 'parley_clock_offset_seconds',
    help: 'How far the clock of the database is ahead of this machine’s.',
    read: () => node().clock.offsetMs / 1_000,
  });
  watchGauge(registry, {
    name: 'parley_clock_offset_error_seconds',
    help: 'The true offset is within this of parley_clock_offset_seconds.',
    read: () => node().clock.errorMs / 1_000,
  });
  watchGauge(registry, {
    name: 'parley_identity_applied_version',
    help: 'Number of the last change of keys that this node has applied; -1 while it must hold none.',
    read: () => node().appliedVersion,
  });
  watchGauge(registry, {
    name: 'parley_identity_known_version',
    help: 'Number of the newest change of keys that this node has heard of.',
    read: () => node().knownVersion,
  });
}
