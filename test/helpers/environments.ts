import path from 'node:path';
import pg from 'pg';
import { type Outcome, parleyIn } from './parley.ts';
import { type PostgresCluster, startPostgres } from './postgres.ts';
import { type RunningServer, startServer } from './server.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** An environment with a database of its own, on a PostgreSQL of its own. */
export interface EnvironmentUnderTest {
  readonly name: string;
  readonly cluster: PostgresCluster;
  readonly server: RunningServer;
  /** Settings of its nodes. */
  readonly env: Readonly<Record<string, string>>;
  /** From its PostgreSQL to that of the control plane, and back. */
  readonly links: { readonly toControl: TcpProxy; readonly toEnvironment: TcpProxy };
  /** `parley environments init`; throws unless it succeeds. */
  init(): Promise<string>;
}

export interface InstallationUnderTest {
  readonly control: RunningServer;
  readonly controlCluster: PostgresCluster;
  readonly environments: readonly EnvironmentUnderTest[];
  /** `parley environments …` against the control database. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
  close(): Promise<void>;
}

const SETTINGS = { PARLEY_ENGINE: 'scripted', PARLEY_LOG_LEVEL: 'info' };

/** A control plane and environments that follow it, each on a PostgreSQL of its own. */
export async function startInstallation(names: readonly string[]): Promise<InstallationUnderTest> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const one of closers.reverse()) await one();
  };
  try {
    const controlCluster = await startPostgres();
    closers.push(controlCluster.stop);
    const controlEnv = { ...SETTINGS, PARLEY_DATABASE_URL: controlCluster.url, PARLEY_ROLES: 'control' };
    const control = await startServer({ env: controlEnv });
    closers.push(() => control.stop());
    const run: InstallationUnderTest['run'] = (args, env = {}) =>
      parleyIn({ PARLEY_DATABASE_URL: controlCluster.url, ...env }, 'environments', ...args);
    const environments = [];
    for (const name of names)
      environments.push(await startEnvironment(name, { control, controlCluster, run }, closers));
    return { control, controlCluster, environments, run, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startEnvironment(
  name: string,
  { control, controlCluster, run }: Pick<InstallationUnderTest, 'control' | 'controlCluster' | 'run'>,
  closers: (() => Promise<unknown>)[],
): Promise<EnvironmentUnderTest> {
  const cluster = await startPostgres();
  closers.push(cluster.stop);
  const links = {
    toControl: await startTcpProxy(controlCluster.url),
    toEnvironment: await startTcpProxy(cluster.url),
  };
  closers.push(links.toControl.close, links.toEnvironment.close);
  const init = async () => {
    const { code, out, err } = await run(['init', name], {
      PARLEY_ENVIRONMENT_DATABASE_URL: cluster.url,
      PARLEY_CONTROL_CONNECTION: links.toControl.url,
      PARLEY_ENVIRONMENT_CONNECTION: links.toEnvironment.url,
    });
    if (code !== 0) throw new Error(`init ${name} ended with ${code}: ${out}${err}`);
    return out;
  };
  await init();
  const env = {
    ...SETTINGS,
    PARLEY_DATABASE_URL: cluster.url,
    PARLEY_ROLES: 'api,realtime,worker',
    PARLEY_PEPPER_FILE: path.join(control.dataDir, 'pepper'),
  };
  const server = await startServer({ bootstrap: control.bootstrap, env });
  closers.push(() => server.stop());
  return { name, cluster, server, env, links, init };
}

/** Runs a statement and resolves to its rows. */
export async function query<T extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}
