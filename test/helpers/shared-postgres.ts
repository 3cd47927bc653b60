import { SHARED_POSTGRES, startPostgres } from './postgres.ts';

/**
 * Vitest global setup: one PostgreSQL for all files of a run, each of which makes databases of its own. To initialise
 * a cluster takes seconds, to add a database to one does not.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env[SHARED_POSTGRES] !== undefined) return undefined; // of another project of this run
  const cluster = await startPostgres();
  process.env[SHARED_POSTGRES] = cluster.url;
  return cluster.stop;
}
