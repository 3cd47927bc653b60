/** A WebSocket server that does nothing, for `idle-sockets.ts`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

const http = createServer();
new WebSocketServer({ server: http });
http.listen(0, '127.0.0.1', () => process.send?.((http.address() as AddressInfo).port));
