import { readFile } from 'node:fs/promises';
import { OptionError } from '../base/option.ts';
import { type Config, ConfigError } from '../config/load.ts';
import { DEFAULT_TABLES, type TopologyTables } from '../regions/tables.ts';
import { createTopology, type Topology } from '../regions/topology.ts';
import { parseTopology } from '../regions/topology-file.ts';
import type { Place } from '../replication/place.ts';

/** The configured topology. Throws `ConfigError` for a file that is wrong, and a port of an environment it does not have. */
export async function openTopology({ regions }: Config): Promise<Topology> {
  const { domain, topologyFile, environmentPorts } = regions;
  const tables = topologyFile === undefined ? DEFAULT_TABLES : await readTables(topologyFile, domain);
  const topology = createTopology(domain, tables);
  for (const name of environmentPorts.values()) {
    if (topology.environmentNames.has(name)) continue;
    const names = [...topology.environmentNames].join(', ');
    throw new ConfigError(
      `PARLEY_ENVIRONMENT_PORTS must name environments of the topology (${names}), not ${name}`,
    );
  }
  return topology;
}

/**
 * The topology as far as it is served from this database: the environment whose own it is, or those that have none.
 * Throws `ConfigError` where roles or topology do not fit it.
 */
export function placedTopology(
  { app }: Config,
  topology: Topology,
  { environment, isWhole, elsewhere }: Place,
): Topology {
  if (environment === undefined) {
    return topology.servingOnly([...topology.environmentNames].filter((name) => !elsewhere.includes(name)));
  }
  if (app.roles.includes('control')) {
    throw new ConfigError(
      `PARLEY_ROLES must leave out control: this is the database of ${environment}, and the control plane has another`,
    );
  }
  if (!topology.environmentNames.has(environment)) {
    throw new ConfigError(
      `PARLEY_TOPOLOGY_FILE must name the environment ${environment}, because this is its database`,
    );
  }
  if (isWhole) return topology.servingOnly([environment]);
  throw new Error(
    `the database of ${environment} lacks changes of keys: run parley environments init ${environment}, which copies them anew`,
  );
}

async function readTables(path: string, domain: string): Promise<TopologyTables> {
  const json = await readFile(path, 'utf8').catch((error: Error) => {
    throw new ConfigError(`PARLEY_TOPOLOGY_FILE cannot be read: ${error.message}`);
  });
  try {
    return parseTopology(json, domain);
  } catch (error) {
    if (error instanceof OptionError) throw new ConfigError(`PARLEY_TOPOLOGY_FILE ${error.message}`);
    throw error;
  }
}
