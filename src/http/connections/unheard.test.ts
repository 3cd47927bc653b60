import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitUnheard } from './unheard.ts';

let server: Server;
const sockets: Socket[] = [];
beforeEach(async () => {
  server = createServer((_, response) => response.end('ok'));
  limitUnheard(server, { perAddress: 3, total: 5 });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

async function open(localAddress = '127.0.0.1'): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  const arrived = once(server, 'connection');
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  socket.on('error', () => {}).resume();
  sockets.push(socket);
  await arrived;
  return socket;
}

async function ask(socket: Socket): Promise<void> {
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'data');
}

const cut = (opened: readonly Socket[]) =>
  expect.poll(() => opened.map(({ destroyed }) => destroyed), { timeout: 2_000 });

describe('connections without a request', () => {
  it('are bounded for an address, and the oldest goes', async () => {
    const opened: Socket[] = [];
    for (let count = 0; count < 4; count += 1) opened.push(await open());
    await cut(opened).toEqual([true, false, false, false]);
  });

  it('do not count once they have sent one, nor when they are gone', async () => {
    const asked = await open();
    await ask(asked);
    const gone = await open();
    const isGone = once(gone, 'close');
    gone.destroy();
    await isGone;
    const opened = [asked, await open(), await open(), await open()];
    await ask(asked);
    await cut(opened).toEqual([false, false, false, false]);
    await cut([...opened, await open()]).toEqual([false, true, false, false, false]);
  });

  it('are bounded for all together, and one of the address with most of them goes', async () => {
    const few = [await open('127.0.0.2'), await open('127.0.0.2')];
    const many = [await open(), await open(), await open()];
    const last = await open('127.0.0.3');
    await cut([...few, ...many, last]).toEqual([false, false, true, false, false, false]);
  });

  it('are listened to once, however often they are read anew after asking for another protocol', async () => {
    const again = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
    server.on('upgrade', (_request, socket) => {
      socket.unshift(again);
      server.emit('connection', socket);
    });
    const arrived = once(server, 'connection');
    const asking = await open();
    const [socket] = (await arrived) as [Socket];
    const counts: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      asking.write(again.replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'));
      await once(asking, 'data');
      counts.push(socket.listenerCount('close'));
    }
    expect(new Set(counts)).toEqual(new Set([counts[0]]));
  });
});
