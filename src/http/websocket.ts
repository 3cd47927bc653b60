import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import websocket, { type WebSocket } from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import { refuseHandshake } from './connections/listen.ts';
import type { HttpServer } from './http-server.ts';

export type WebSocketHandler = (socket: WebSocket, request: FastifyRequest) => void;

/** Sessions refuse less, in their own words; this is where the library cuts. */
const MAX_PAYLOAD_BYTES = 16 * 2 ** 20;

declare module 'fastify' {
  interface RouteConstraint {
    /** The route is a WebSocket, and none for other requests. */
    upgrade?: 'websocket';
  }
  interface FastifyInstance {
    /** Takes over a request to become a WebSocket. */
    upgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
  }
}

/**
 * Lets routes be WebSockets (`wsHandler` with `constraints: WEBSOCKET`); on any other route there is none. An upgrade
 * passes the hooks of its route, so the guards too, before it is accepted. Messages are not compressed, so none can be a
 * bomb, and no subprotocol is spoken.
 */
export async function addWebSockets(app: HttpServer): Promise<void> {
  const upgrades = new EventEmitter();
  const asking = new WeakSet<IncomingMessage>();
  app.decorate('upgrade', (request, socket, head) => {
    asking.add(request);
    // The library listens until the server closes.
    if (!upgrades.emit('upgrade', request, socket, head)) socket.destroy();
  });
  app.addConstraintStrategy({
    name: 'upgrade',
    mustMatchWhenDerived: true,
    storage() {
      const stores = new Map<unknown, never>();
      return {
        get: (key) => stores.get(key) ?? null,
        set: (key, store) => void stores.set(key, store as never),
      };
    },
    validate: () => true,
    deriveConstraint: (request: IncomingMessage) => (asking.has(request) ? WEBSOCKET.upgrade : undefined),
  });
  await app.register(websocket, {
    options: {
      // It asks for nothing but an emitter of upgrades.
      server: upgrades as Server,
      maxPayload: MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
      handleProtocols: () => false,
    },
    // What breaks the protocol: the library has closed the connection with the code that says so.
    errorHandler: (error, socket, request) => {
      request.log.info({ reason: error.message }, 'websocket broken');
      socket.terminate();
    },
  });
  takeUpgrades(app, app.server);
  // The answer to an upgrade is the library's; it carries the id of the request as every other answer does.
  const ids = new WeakMap<IncomingMessage, string>();
  app.addHook('onRequest', (request, reply, done) => {
    if (request.ws) {
      ids.set(request.raw, request.id);
      reply.header('connection', 'close');
    }
    done();
  });
  app.websocketServer.on('headers', (headers, request) => headers.push(`Request-Id: ${ids.get(request)}`));
  app.websocketServer.on('wsClientError', (_error, socket) => refuseHandshake(socket));
}

export const WEBSOCKET = { upgrade: 'websocket' } as const;

/** Takes the upgrades that a server of these routes is asked for; what asks for another protocol is answered in HTTP. */
export function takeUpgrades(app: HttpServer, server: Server): void {
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (asksForWebSocket(request)) app.upgrade(request, socket, head);
    else readAgain(server, socket, Buffer.concat([headWithoutUpgrade(request), head]));
  });
}

/** RFC 6455 section 4.2.1; an HTTP/1.0 request upgrades to nothing (RFC 9110 section 7.8). */
const asksForWebSocket = ({ method, httpVersionMinor, headers }: IncomingMessage): boolean =>
  method === 'GET' && httpVersionMinor > 0 && headers.upgrade?.toLowerCase() === 'websocket';

/**
 * Once anything may upgrade, Node takes every request with `Upgrade` for one and reads no further. Some clients ask for
 * HTTP/2 in this way (`h2c`), with their uploads as well.
 */
function readAgain(server: Server, socket: Socket, bytes: Buffer): void {
  socket.unshift(bytes);
  server.emit(server instanceof TlsServer ? 'secureConnection' : 'connection', socket);
}

function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${value}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
