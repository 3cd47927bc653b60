import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentUnderTest, InstallationUnderTest } from './environments.ts';
import type { RunningServer } from './server.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const LISTENS_LIMIT_MS = 60_000;

/** Two environments, the first of them with two nodes. */
export interface Troubled {
  readonly one: EnvironmentUnderTest;
  readonly other: EnvironmentUnderTest;
  /** Another one after it has died. */
  second: RunningServer;
  /** From it to its database. */
  readonly network: TcpProxy;
}

export async function startTroubled({ environments }: InstallationUnderTest): Promise<Troubled> {
  const [one, other] = environments as [EnvironmentUnderTest, EnvironmentUnderTest];
  const network = await startTcpProxy(one.cluster.url);
  return { one, other, second: await startSecond(one, network), network };
}

const startSecond = (one: EnvironmentUnderTest, network: TcpProxy): Promise<RunningServer> =>
  one.startNode({ PARLEY_DATABASE_URL: network.url });

interface OnGoing {
  /** Nodes that do not answer meanwhile. */
  readonly unheard: readonly RunningServer[];
  end(): Promise<void>;
}

/** Something that goes wrong, until it is ended. */
export type Trouble = (under: Troubled) => OnGoing | Promise<OnGoing>;

export const nodesOf = ({ one, other, second }: Troubled): readonly RunningServer[] => [
  one.server,
  second,
  other.server,
];

export const TROUBLES: Readonly<Record<string, Trouble>> = {
  'nothing goes wrong': () => ({ unheard: [], end: async () => {} }),
  'a node is paused': ({ second }) => paused([second]),
  'all nodes are paused': (under) => paused(nodesOf(under)),
  'a node is told nothing': deaf,
  'an environment is told nothing': ({ one }) => cut([one.links.toControl]),
  'an environment cannot answer': ({ one }) => cut([one.links.toEnvironment]),
  'everything is cut': ({ one, other }) => cut([one, other].flatMap(({ links }) => Object.values(links))),
  'a node is paused and nothing answered': ({ one, second }) =>
    both(paused([second]), cut([one.links.toEnvironment])),
  'a node dies': killed,
};

async function killed(under: Troubled): Promise<OnGoing> {
  const { one, second, network } = under;
  second.kill('SIGKILL');
  await second.stop();
  const end = async () => {
    under.second = await startSecond(one, network);
  };
  return { unheard: [second], end };
}

function paused(nodes: readonly RunningServer[]): OnGoing {
  for (const node of nodes) node.kill('SIGSTOP');
  const end = async () => {
    for (const node of nodes) node.kill('SIGCONT');
  };
  return { unheard: nodes, end };
}

/** It answers, and nothing is told to it any more. It finds that out by itself, and then listens on another connection. */
async function deaf({ network }: Troubled): Promise<OnGoing> {
  for (const deadline = Date.now() + LISTENS_LIMIT_MS; network.freeze('identity_changed') === 0; ) {
    if (Date.now() > deadline) throw new Error('the node listens on no connection');
    await sleep(50);
  }
  return { unheard: [], end: async () => {} };
}

function cut(links: readonly TcpProxy[]): OnGoing {
  for (const link of links) link.cut();
  const end = async () => {
    for (const link of links) link.restore();
  };
  return { unheard: [], end };
}

const both = (one: OnGoing, other: OnGoing): OnGoing => ({
  unheard: [...one.unheard, ...other.unheard],
  async end() {
    await Promise.all([one.end(), other.end()]);
  },
});
