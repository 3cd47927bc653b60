/** The clients of `idle-sockets.ts`: open so many sockets, and say when all are open. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

interface Order {
  readonly to: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly sockets: number;
}

const AT_ONCE = 100;

process.once('message', async ({ to, headers, sockets }: Order) => {
  for (let opened = 0; opened < sockets; opened += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, () => new WebSocket(to, { headers }));
    await Promise.all(batch.map((socket) => once(socket, 'open')));
  }
  process.send?.('open');
});
