import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL for all files of a project: each makes databases of its own. */
    postgresUrl: string;
  }
}

/** Vitest global setup. To initialise a cluster takes seconds, to add a database to one does not. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startPostgres();
  project.provide('postgresUrl', cluster.url);
  return cluster.stop;
}
