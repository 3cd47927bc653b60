import path from 'node:path';
import { leashedDirectory } from './leash.ts';
import { type Outcome, parleyIn } from './parley.ts';
import { type PostgresCluster, startPostgres } from './postgres.ts';
import { type RunningServer, startServer } from './server.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

type Env = Readonly<Record<string, string>>;

/** An environment with a database of its own, on a PostgreSQL of its own. */
export interface EnvironmentUnderTest {
  readonly name: string;
  readonly cluster: PostgresCluster;
  /** The node that tests ask; they put another there when they have ended it. */
  server: RunningServer;
  /** Settings of its nodes. */
  readonly env: Env;
  /** From its PostgreSQL to that of the control plane, and back. */
  readonly links: { readonly toControl: TcpProxy; readonly toEnvironment: TcpProxy };
  /** `parley environments init`; throws unless it succeeds. */
  init(env?: Env): Promise<string>;
  tryInit(env?: Env): Promise<Outcome>;
  startNode(env?: Env): Promise<RunningServer>;
}

export interface InstallationUnderTest {
  /** Tests put another there when they have ended it. */
  control: RunningServer;
  readonly controlCluster: PostgresCluster;
  readonly environments: readonly EnvironmentUnderTest[];
  /** On the data directory of the first one. */
  startControl(env?: Env): Promise<RunningServer>;
  /** `parley environments …` against the control database. */
  run(args: readonly string[], env?: Env): Promise<Outcome>;
  close(): Promise<void>;
}

type Closers = (() => Promise<unknown>)[];

/**
 * A control plane and environments that follow it, each on a PostgreSQL of its own.
 * @param more settings of all nodes
 */
export async function startInstallation(
  names: readonly string[],
  more: Env = {},
): Promise<InstallationUnderTest> {
  const closers: Closers = [];
  const close = async () => {
    for (const one of closers.reverse()) await one();
  };
  const settings = { PARLEY_ENGINE: 'scripted', PARLEY_LOG_LEVEL: 'info', ...more };
  try {
    const controlCluster = await startPostgres();
    closers.push(controlCluster.stop);
    const directory = leashedDirectory('parley-data-');
    closers.push(directory.remove);
    const startControl = (env: Env = {}) => {
      const own = { ...settings, PARLEY_DATABASE_URL: controlCluster.url, PARLEY_ROLES: 'control', ...env };
      return closing(closers, startServer({ dataDir: directory.path, env: own }));
    };
    const control = await startControl();
    const run: InstallationUnderTest['run'] = (args, env = {}) =>
      parleyIn({ PARLEY_DATABASE_URL: controlCluster.url, ...env }, 'environments', ...args);
    const environments = [];
    for (const name of names)
      environments.push(await startEnvironment(name, { control, controlCluster, run, settings }, closers));
    return { control, controlCluster, environments, startControl, run, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Installed = Pick<InstallationUnderTest, 'control' | 'controlCluster' | 'run'>;

async function startEnvironment(
  name: string,
  { control, controlCluster, run, settings }: Installed & { settings: Env },
  closers: Closers,
): Promise<EnvironmentUnderTest> {
  const cluster = await startPostgres();
  closers.push(cluster.stop);
  const links = {
    toControl: await startTcpProxy(controlCluster.url),
    toEnvironment: await startTcpProxy(cluster.url),
  };
  closers.push(links.toControl.close, links.toEnvironment.close);
  const tryInit = (other: Env = {}) =>
    run(['init', name], {
      PARLEY_ENVIRONMENT_DATABASE_URL: cluster.url,
      PARLEY_CONTROL_CONNECTION: links.toControl.url,
      PARLEY_ENVIRONMENT_CONNECTION: links.toEnvironment.url,
      ...other,
    });
  const init = async (other?: Env) => {
    const { code, out, err } = await tryInit(other);
    if (code !== 0) throw new Error(`init ${name} ended with ${code}: ${out}${err}`);
    return out;
  };
  await init();
  const env = {
    ...settings,
    PARLEY_DATABASE_URL: cluster.url,
    PARLEY_ROLES: 'api,realtime,worker',
    PARLEY_PEPPER_FILE: path.join(control.dataDir, 'pepper'),
  };
  const startNode = (other: Env = {}) =>
    closing(closers, startServer({ bootstrap: control.bootstrap, env: { ...env, ...other } }));
  return { name, cluster, server: await startNode(), env, links, init, tryInit, startNode };
}

async function closing(closers: Closers, starting: Promise<RunningServer>): Promise<RunningServer> {
  const server = await starting;
  closers.push(() => server.stop());
  return server;
}
