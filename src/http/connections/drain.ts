import type { Server } from 'node:http';
import { waitAtMost } from '../../base/abort.ts';

const SWEEP_MS = 50;

/** Refuses new connections, lets requests under way finish, and ends what is left when the time is up. */
export async function drain(servers: readonly Server[], limitMs: number): Promise<void> {
  const listening = servers.filter((server) => server.listening);
  const closed = listening.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  // A connection becomes idle when its request is answered, so they are looked for again and again.
  const sweep = setInterval(() => {
    for (const server of listening) server.closeIdleConnections();
  }, SWEEP_MS);
  await waitAtMost(limitMs, Promise.all(closed));
  clearInterval(sweep);
  for (const server of listening) server.closeAllConnections();
  await Promise.all(closed);
}
