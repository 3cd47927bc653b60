import type { EnvironmentUnderTest } from './environments.ts';
import type { RunningServer } from './server.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** Two environments; `second` is another node of the first, and another one after it has died. */
export interface Troubled {
  readonly one: EnvironmentUnderTest;
  readonly other: EnvironmentUnderTest;
  second: RunningServer;
}

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
    async () => cut([one.links.toControl]),
    async () => cut([one.links.toEnvironment]),
    async () => cut(all),
    async () => both(paused([under.second]), cut([one.links.toEnvironment])),
    async () => {
      const { second } = under;
      second.kill('SIGKILL');
      await second.stop();
      const end = async () => {
        under.second = await one.startNode();
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
