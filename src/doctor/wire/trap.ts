import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A listener that nobody has a reason to call. Only a server on this machine could. */
export interface Trap {
  readonly port: number;
  /** Addresses asked for so far. */
  readonly visits: readonly string[];
  close(): void;
}

export async function openTrap(): Promise<Trap> {
  const visits: string[] = [];
  const server = createServer((request, response) => {
    visits.push(request.url ?? '');
    response.end('{"keys":[]}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, visits, close: () => void server.close() };
}
