/** The attackers of `hostile-sockets.ts`: keep so many connections that never send a whole request, and say when all were made. */
import { connect } from 'node:net';

interface Order {
  readonly port: number;
  readonly sockets: number;
}

const AT_ONCE = 200;
const HEAD = 'GET /v2 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ';

process.once('message', async ({ port, sockets }: Order) => {
  for (let made = 0; made < sockets; made += AT_ONCE) {
    for (let index = 0; index < AT_ONCE; index += 1) hold(port, index % 2 === 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  process.send?.('made');
});

/** Comes again a second after it was cut off. */
function hold(port: number, speaks: boolean): void {
  const socket = connect(port, '127.0.0.1');
  if (speaks) socket.write(HEAD);
  socket.on('error', () => {}).resume();
  socket.on('close', () => setTimeout(() => hold(port, speaks), 1_000));
}
