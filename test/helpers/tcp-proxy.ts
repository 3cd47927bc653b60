import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between a server and its database that can fail. */
export interface TcpProxy {
  /** The URL of the target with the proxy's port. */
  readonly url: string;
  /** Ends every connection without a word, and new ones at once. */
  cut(): void;
  restore(): void;
  /** Connections are taken and stay open, but nothing passes any more; these are lost when it is restored. */
  stall(): void;
  /** Connections on which `text` was sent stay open, but nothing passes any more; returns how many. */
  freeze(text: string): number;
  /** What was sent first on each connection so far. */
  beginnings(): readonly string[];
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  sent: string;
  frozen: boolean;
}

/** How much of what was sent first is kept to recognise a connection by: what it listens for it says at its start. */
const KEPT_CHARACTERS = 20_000;

export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<Pair>();
  const all: Pair[] = [];
  let isCut = false;
  let isStalled = false;

  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const pair: Pair = { near, far: connect(Number(port), hostname), sent: '', frozen: isStalled };
    pairs.add(pair);
    all.push(pair);
    const end = () => {
      pairs.delete(pair);
      near.destroy();
      pair.far.destroy();
    };
    for (const socket of [near, pair.far]) socket.on('error', () => {}).on('close', end);
    near.on('data', (chunk) => {
      pair.sent = (pair.sent + chunk.toString('latin1')).slice(0, KEPT_CHARACTERS);
      if (!pair.frozen) pair.far.write(chunk);
    });
    pair.far.on('data', (chunk) => {
      if (!pair.frozen) near.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);

  const end = ({ near, far }: Pair) => {
    near.destroy();
    far.destroy();
  };
  const cut = () => {
    isCut = true;
    for (const pair of pairs) end(pair);
  };
  return {
    url: url.href,
    cut,
    restore: () => {
      isCut = false;
      if (isStalled) for (const pair of pairs) end(pair);
      isStalled = false;
    },
    stall: () => {
      isStalled = true;
      for (const pair of pairs) pair.frozen = true;
    },
    freeze(text) {
      const found = [...pairs].filter(({ sent }) => sent.includes(text));
      for (const pair of found) pair.frozen = true;
      return found.length;
    },
    beginnings: () => all.map(({ sent }) => sent),
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
