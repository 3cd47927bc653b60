import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

interface Limits {
  readonly perAddress: number;
  readonly total: number;
}

/** A proxy sends a request as soon as it connects, so even all users behind one address wait with few. */
const LIMITS: Limits = { perAddress: 500, total: 5_000 };

/**
 * Bounds the connections on which no request has arrived yet: nobody knows whose they are, and each holds a socket until
 * its time for a head is over. Beyond the limit the oldest of the address with most of them goes.
 */
export function limitUnheard(server: Server, limits = LIMITS): void {
  const waiting = new Map<string, Map<number, Socket>>();
  /** A socket that is read anew, after asking for another protocol, connects again. */
  const known = new WeakSet<Socket>();
  let total = 0;

  function forget({ remoteAddress = '', remotePort = 0 }: Origin): void {
    const ofAddress = waiting.get(remoteAddress);
    if (!ofAddress?.delete(remotePort)) return;
    total -= 1;
    if (ofAddress.size === 0) waiting.delete(remoteAddress);
  }

  function cutOldestOf(sockets: ReadonlyMap<number, Socket>): void {
    const [oldest] = sockets.values();
    if (!oldest) return;
    forget(originOf(oldest));
    oldest.destroy();
  }

  server.on('connection', (socket: Socket) => {
    // After its end a socket does not know where it came from.
    const origin = originOf(socket);
    const { remoteAddress, remotePort } = origin;
    const ofAddress = waiting.get(remoteAddress) ?? new Map<number, Socket>();
    if (!ofAddress.has(remotePort)) total += 1;
    waiting.set(remoteAddress, ofAddress.set(remotePort, socket));
    if (!known.has(socket)) socket.once('close', () => forget(origin));
    known.add(socket);
    if (ofAddress.size > limits.perAddress) cutOldestOf(ofAddress);
    else if (total > limits.total) {
      cutOldestOf([...waiting.values()].reduce((most, one) => (one.size > most.size ? one : most)));
    }
  });
  // With TLS the socket of a request is another one, of the same origin.
  const heard = ({ socket }: IncomingMessage) => forget(originOf(socket));
  for (const event of ['request', 'upgrade', 'checkContinue', 'checkExpectation']) server.on(event, heard);
}

type Origin = Pick<Socket, 'remoteAddress' | 'remotePort'>;

const originOf = ({ remoteAddress = '', remotePort = 0 }: Origin) => ({ remoteAddress, remotePort });
