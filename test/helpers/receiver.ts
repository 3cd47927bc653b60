import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request as it arrived. */
export interface Received {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer<ArrayBuffer>;
  readonly atMs: number;
}

/** Answers a request; `nth` counts those of the same path, from 1. */
type Answer = (received: Received, response: ServerResponse, nth: number) => unknown;

/** An HTTP server on loopback that keeps what it gets: where audio is fetched from, and where callbacks go. */
export async function startReceiver(answer: Answer, host = '127.0.0.1') {
  const received: Received[] = [];
  let connections = 0;
  const pathOf = (target: string) => target.split('?', 1)[0];
  const server = createServer(async (request, response) => {
    const { method = '', url: target = '', headers } = request;
    const body = (await buffer(request)) as Buffer<ArrayBuffer>;
    const one = { method, target, headers, body, atMs: Date.now() };
    received.push(one);
    answer(one, response, received.filter((other) => pathOf(other.target) === pathOf(target)).length);
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    port,
    received,
    /** Requests to a path. */
    at: (path: string) => received.filter(({ target }) => pathOf(target) === path),
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/** The parts of a `multipart/form-data` body, by name. */
export async function formOf({ headers, body }: Received): Promise<Map<string, File>> {
  const form = await new Response(body, {
    headers: { 'content-type': headers['content-type'] ?? '' },
  }).formData();
  return new Map([...form.entries()].map(([name, file]) => [name, file as File]));
}
