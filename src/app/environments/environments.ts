import { createLogger } from '../../base/log.ts';
import { type Config, ConfigError } from '../../config/load.ts';
import type { Sql } from '../../db/database.ts';
import { type FollowingEnvironment, listEnvironments } from '../../replication/environments.ts';
import { initEnvironment } from '../../replication/setup/init.ts';
import { removeEnvironment } from '../../replication/setup/remove.ts';
import type { Side } from '../../replication/setup/side.ts';
import { type Closers, withClosers } from '../closers.ts';
import { openDatabase } from '../open-database.ts';
import { openTopology } from '../open-topology.ts';

/** Sets up, or mends, what lets an environment follow the control database; see `docs/environments.md`. */
export const init = (config: Config, environment: string, say: (sentence: string) => void): Promise<void> =>
  withClosers(async (closers) => {
    const region = await regionOf(config, environment);
    const control = await openControl(config, closers);
    const database = await openEnvironment(config, environment, closers);
    await initEnvironment({ control, database, environment, region, say });
  });

export const status = (config: Config): Promise<FollowingEnvironment[]> =>
  withClosers(async (closers) => {
    // Nodes of an older version may run: who looks changes nothing for them.
    const { sql } = await openControl(config, closers, asItIs);
    return listEnvironments(sql);
  });

/** Without the address of its database, which may be gone, only in the control database. */
export const remove = (config: Config, environment: string): Promise<void> =>
  withClosers(async (closers) => {
    const control = await openControl(config, closers);
    const isThere = config.replication.environmentUrl !== undefined;
    const database = isThere ? await openEnvironment(config, environment, closers) : undefined;
    await removeEnvironment(control, environment, database);
  });

async function regionOf(config: Config, environment: string): Promise<string> {
  const topology = await openTopology(config);
  const found = topology.endpoints.find((endpoint) => endpoint.environment.name === environment);
  if (found) return found.environment.region;
  throw new ConfigError(
    `there is no environment ${environment}; the topology has ${[...topology.environmentNames].join(', ')}`,
  );
}

const asItIs = async (): Promise<void> => {};
const silent = () => createLogger('fatal');

async function openControl(
  config: Config,
  closers: Closers,
  prepare?: (sql: Sql) => Promise<unknown>,
): Promise<Side> {
  const { url } = config.db;
  if (url === undefined) throw new ConfigError('PARLEY_DATABASE_URL must name the control database');
  const { sql } = await openDatabase(config, silent(), closers, 'PARLEY_DATABASE_URL', prepare);
  return { sql, name: 'the control database', connection: config.replication.controlConnection ?? url };
}

async function openEnvironment(config: Config, environment: string, closers: Closers): Promise<Side> {
  const { environmentUrl: url, environmentConnection } = config.replication;
  const option = 'PARLEY_ENVIRONMENT_DATABASE_URL';
  if (url === undefined) throw new ConfigError(`${option} must name the database of ${environment}`);
  const { sql } = await openDatabase({ ...config, db: { url } }, silent(), closers, option);
  return { sql, name: `the database of ${environment}`, connection: environmentConnection ?? url };
}
