import type { IncomingMessage, Server } from 'node:http';
import websocket, { type WebSocket } from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import type { HttpServer } from './http-server.ts';

export type WebSocketHandler = (socket: WebSocket, request: FastifyRequest) => void;

/** Sessions refuse less, in their own words; this is where the library cuts. */
const MAX_PAYLOAD_BYTES = 16 * 2 ** 20;

declare module 'fastify' {
  interface RouteConstraint {
    /** The route is a WebSocket, and none for other requests. */
    upgrade?: 'websocket';
  }
}

/**
 * Lets routes be WebSockets (`wsHandler` with `constraints: WEBSOCKET`). An upgrade passes the hooks of its route, so
 * the guards too, before it is accepted. Messages are not compressed, so none can be a bomb.
 */
export async function addWebSockets(app: HttpServer): Promise<void> {
  app.addConstraintStrategy({
    name: 'upgrade',
    storage() {
      const stores = new Map<unknown, never>();
      return {
        get: (key) => stores.get(key) ?? null,
        set: (key, store) => void stores.set(key, store as never),
      };
    },
    validate: () => true,
    deriveConstraint: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase(),
  });
  await app.register(websocket, {
    options: { maxPayload: MAX_PAYLOAD_BYTES, perMessageDeflate: false },
    // What breaks the protocol: the library has closed the connection with the code that says so.
    errorHandler: (error, socket, request) => {
      request.log.info({ reason: error.message }, 'websocket broken');
      socket.terminate();
    },
  });
  // The answer to an upgrade is the library's; it carries the id of the request as every other answer does.
  const ids = new WeakMap<IncomingMessage, string>();
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.ws) ids.set(request.raw, request.id);
    done();
  });
  app.websocketServer.on('headers', (headers, request) => headers.push(`Request-Id: ${ids.get(request)}`));
}

export const WEBSOCKET = { upgrade: 'websocket' } as const;

/** Hands the upgrades of another server of the same routes over. */
export function shareUpgrades(app: HttpServer, server: Server): void {
  server.on('upgrade', (...upgrade) => app.server.emit('upgrade', ...upgrade));
}
