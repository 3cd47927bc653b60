import { randomBytes } from 'node:crypto';
import type { Address } from '../../../helpers/api.ts';
import { RealtimeClient } from '../../../helpers/realtime.ts';
import { within } from './client.ts';

/** The library `websockets`, which all clients in Python stand on, as they set it up. */

interface PythonOptions {
  readonly key: string;
  readonly path: string;
  /** It closes on larger messages. */
  readonly maxBytes?: number;
}

const OPEN_LIMIT_MS = 10_000;
const PONG_LIMIT_MS = 60_000;
const CLOSE_LIMIT_MS = 10_000;

/** Offers compression, and asks for a connection in 10 s. */
export const connectPython = (server: Address, { key, path, maxBytes = 0 }: PythonOptions) =>
  RealtimeClient.connect(server, {
    key,
    path,
    headers: { 'user-agent': 'Python/3.11 websockets/15.0.1' },
    socket: { perMessageDeflate: true, handshakeTimeout: OPEN_LIMIT_MS, maxPayload: maxBytes },
  });

/** It does so every 20 s, whatever is on its way; without the very same bytes in return it gives the connection up. */
export async function ping({ socket, closed }: RealtimeClient): Promise<void> {
  const payload = randomBytes(4);
  const answered = new Promise<void>((resolve) => {
    socket.on('pong', (data) => {
      if (data.equals(payload)) resolve();
    });
    void closed.then(() => resolve());
  });
  socket.ping(payload);
  await within(PONG_LIMIT_MS, 'the answer to a ping', answered);
}

/** Its closing handshake: the server has to answer it. */
export async function closePython(client: RealtimeClient): Promise<void> {
  client.socket.close(1000);
  const { code } = await within(CLOSE_LIMIT_MS, 'the closing', client.closed);
  if (code === 1006) throw new Error('the connection was dropped');
}
