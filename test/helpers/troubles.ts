import type { EnvironmentUnderTest, InstallationUnderTest } from './environments.ts';
import type { RunningServer } from './server.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

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
export type Trouble = () => Promise<OnGoing>;

export const nodesOf = ({ one, other, second }: Troubled): readonly RunningServer[] => [
  one.server,
  second,
  other.server,
];

export function troublesOf(under: Troubled): readonly Trouble[] {
  const { one, other } = under;
  const all = [one, other].flatMap(({ links }) => Object.values(links));
  return [
    async () => ({ unheard: [], end: async () => {} }),
    async () => paused([under.second]),
    async () => paused(nodesOf(under)),
    async () => deaf(under),
    async () => cut([one.links.toControl]),
    async () => cut([one.links.toEnvironment]),
    async () => cut(all),
    async () => both(paused([under.second]), cut([one.links.toEnvironment])),
    async () => {
      const { second } = under;
      second.kill('SIGKILL');
      await second.stop();
      const end = async () => {
        under.second = await startSecond(one, under.network);
      };
      return { unheard: [second], end };
    },
  ];
}

function paused(nodes: readonly RunningServer[]): OnGoing {
  for (const node of nodes) node.kill('SIGSTOP');
  const end = async () => {
    for (const node of nodes) node.kill('SIGCONT');
  };
  return { unheard: nodes, end };
}

/** It answers, and nothing is told to it any more. It finds that out by itself. */
function deaf({ network }: Troubled): OnGoing {
  if (network.freeze('identity_changed') === 0) throw new Error('the node listens on no connection');
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
