import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../test/helpers/self-signed.ts';
import { createOutbound, type Outbound } from './outbound.ts';

const LIMITS = { totalMs: 5_000, idleMs: 5_000 };
const never = new AbortController().signal;

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

/** A server on a loopback address that counts its connections. */
async function listen(handler: RequestListener, host = '127.0.0.1') {
  const server = createServer(handler);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  const port = await portOf(server, host);
  undo.push(() => server.closeAllConnections());
  return { port, url: `http://${host}:${port}`, connections: () => connections };
}

async function portOf(
  server: Pick<Server, 'listen' | 'close' | 'address' | 'on'>,
  host: string,
): Promise<number> {
  server.listen(0, host);
  await once(server as Server, 'listening');
  undo.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function outbound(options: Partial<Parameters<typeof createOutbound>[0]> = {}): Outbound {
  const made = createOutbound({ allow: ['127.0.0.1'], ...options });
  undo.push(() => made.close());
  return made;
}

const get = (
  from: Outbound,
  url: string,
  {
    headers = [] as { name: string; value: string }[],
    maxBytes = 1_000_000,
    limits = LIMITS,
    signal = never,
  } = {},
) => buffer(from.download({ url, headers, maxBytes }, limits, signal));

async function* bytes(...chunks: string[]) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

const post = (to: Outbound, url: string, content = 'hello', limits = LIMITS, signal = never) =>
  to.send(
    {
      url,
      method: 'POST',
      headers: [{ name: 'authorization', value: 'Bearer secret' }],
      body: { contentType: 'text/plain', sizeBytes: Buffer.byteLength(content), content: bytes(content) },
    },
    limits,
    signal,
  );

describe('a download', () => {
  it('brings the body, and sends the headers given, its own name and no proxy or cookie', async () => {
    let seen: IncomingMessage['headers'] = {};
    const { url } = await listen((request, response) => {
      seen = request.headers;
      response.end('audio');
    });
    expect(
      (await get(outbound(), `${url}/a?b=c`, { headers: [{ name: 'X-Key', value: 'é' }] })).toString(),
    ).toBe('audio');
    const { host, connection, ...rest } = seen;
    expect(rest).toEqual({ 'user-agent': 'Speechmatics-API/2.0', 'x-key': 'é' });
    expect([host, connection]).toEqual([url.slice(7), 'close']);
  });

  it('of another status than 2xx fails with it', async () => {
    const { url } = await listen((_, response) => response.writeHead(404).end());
    await expect(get(outbound(), url)).rejects.toThrow(/^http status code 404$/);
  });

  it('that is cut off fails', async () => {
    const { url } = await listen((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half');
      setTimeout(() => response.destroy(), 50);
    });
    await expect(get(outbound(), url)).rejects.toThrow('the answer was cut off');
  });

  it.each([true, false])('beyond the limit is ended, its length announced: %s', async (announced) => {
    let sentBytes = 0;
    const { url } = await listen((_, response) => {
      if (announced) response.setHeader('content-length', 1e10);
      const chunk = Buffer.alloc(65_536);
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sentBytes += chunk.length;
      };
      response.on('drain', more);
      more();
    });
    await expect(get(outbound(), url, { maxBytes: 1_000_000 })).rejects.toThrow('larger than 1000000 bytes');
    const before = sentBytes;
    await sleep(200);
    expect(sentBytes).toBe(before);
    expect(sentBytes).toBeLessThan(20_000_000);
  });

  it.each<[string, RequestListener, { totalMs: number; idleMs: number }]>([
    ['without a head', () => {}, { totalMs: 400, idleMs: 5_000 }],
    ['that stalls', (_, response) => void response.write('a'), { totalMs: 400, idleMs: 5_000 }],
    [
      'that stalls for the idle limit',
      (_, response) => void response.write('a'),
      { totalMs: 20_000, idleMs: 500 },
    ],
    [
      'that drips',
      (_, response) => {
        const drip = setInterval(() => response.write('a'), 20);
        response.on('close', () => clearInterval(drip));
      },
      { totalMs: 600, idleMs: 5_000 },
    ],
  ])('%s is ended', async (_, handler, limits) => {
    const { url } = await listen(handler);
    const started = performance.now();
    await expect(get(outbound(), url, { limits })).rejects.toThrow('it took too long');
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it('with an endless head is ended', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 200 OK\r\n');
      const line = `x-a: ${'a'.repeat(1_000)}\r\n`;
      const more = () => {
        while (!socket.destroyed && socket.write(line));
      };
      socket.on('drain', more);
      more();
    });
    const port = await portOf(server as unknown as Server, '127.0.0.1');
    await expect(get(outbound(), `http://127.0.0.1:${port}/`)).rejects.toThrow('the host cannot be reached');
  });

  it('that is aborted ends with the reason, at once', async () => {
    const { url } = await listen((_, response) => void response.write('a'));
    const controller = new AbortController();
    const pending = get(outbound(), url, { signal: controller.signal });
    const reason = new Error('stop');
    setTimeout(() => controller.abort(reason), 100);
    await expect(pending).rejects.toBe(reason);
  });
});

describe('a redirect', () => {
  it('is followed, five times and no more', async () => {
    const { url } = await listen(({ url: path = '/' }, response) => {
      const left = Number(path.slice(1));
      if (left === 0) response.end('there');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    expect((await get(outbound(), `${url}/5`)).toString()).toBe('there');
    await expect(get(outbound(), `${url}/6`)).rejects.toThrow('more than 5 redirects');
  });

  it('in a loop is ended', async () => {
    const { url, connections } = await listen((_, response) =>
      response.writeHead(307, { location: '/' }).end(),
    );
    await expect(get(outbound(), url)).rejects.toThrow('more than 5 redirects');
    expect(connections()).toBe(6);
  });

  it('keeps the headers within the origin and drops them outside it', async () => {
    const seen: (string | undefined)[] = [];
    const other = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    });
    const { url } = await listen((request, response) => {
      seen.push(request.headers.authorization);
      const location = request.url === '/' ? '/again' : other.url;
      response.writeHead(302, { location }).end();
    });
    await get(outbound(), url, { headers: [{ name: 'Authorization', value: 'secret' }] });
    expect(seen).toEqual(['secret', 'secret', undefined]);
  });

  it.each([
    ...[
      'file:///etc/passwd',
      'gopher://127.0.0.2/',
      'ftp://127.0.0.2/',
      'data:,x',
      'http://169.254.169.254/',
    ],
    ...[
      'http://[::1]:CANARY/',
      'http://127.0.0.2:CANARY/',
      'http://2130706434:CANARY/',
      'http://0x7f.2:CANARY/',
    ],
    ...[
      'http://localtest:CANARY/',
      'http://u:p@127.0.0.1:CANARY/',
      '//127.0.0.2:CANARY/',
      'http://[::ffff:7f00:2]:CANARY/',
    ],
  ])('to %s reaches nothing', async (location) => {
    const canary = await listen((_, response) => response.end('reached'), '127.0.0.2');
    const { url } = await listen((_, response) =>
      response.writeHead(302, { location: location.replace('CANARY', String(canary.port)) }).end(),
    );
    await expect(get(outbound({ resolve: async () => ['127.0.0.2'] }), url)).rejects.toThrow();
    expect(canary.connections()).toBe(0);
  });
});

describe('a name', () => {
  it('that means another address at each look-up leads to the one that was judged', async () => {
    const canary = await listen((_, response) => response.end('inside'), '127.0.0.2');
    const judged = await listen((_, response) => response.end('judged'));
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return [asked === 1 ? '127.0.0.1' : '127.0.0.2'];
    };
    const client = outbound({ resolve });
    expect((await get(client, `http://rebind.test:${judged.port}/`)).toString()).toBe('judged');
    expect(asked).toBe(1);
    await expect(get(client, `http://rebind.test:${canary.port}/`)).rejects.toThrow('cannot be reached');
    expect(canary.connections()).toBe(0);
  });

  it('with a forbidden and an allowed address leads to the latter', async () => {
    const canary = await listen((_, response) => response.end('inside'), '127.0.0.2');
    const client = outbound({ resolve: async () => ['127.0.0.2', '127.0.0.1'] });
    await expect(get(client, `http://both.test:${canary.port}/`)).rejects.toThrow('cannot be reached');
    expect(canary.connections()).toBe(0);
  });

  it('is what a TLS server is asked for, and an unknown certificate is refused', async () => {
    const { cert, key } = selfSigned();
    const asked: string[] = [];
    const server = createTlsServer({
      cert,
      key,
      SNICallback: (name, done) => {
        asked.push(name);
        done(null);
      },
    });
    server.on('tlsClientError', () => {});
    const port = await portOf(server as unknown as Server, '127.0.0.1');
    const client = outbound({ resolve: async () => ['127.0.0.1'] });
    await expect(get(client, `https://secure.test:${port}/`)).rejects.toThrow('the host cannot be reached');
    expect(asked).toEqual(['secure.test']);
  });
});

describe('sending', () => {
  it('brings body, length and headers', async () => {
    let seen: [unknown, string] | undefined;
    const { url } = await listen(async (request, response) => {
      const { authorization, 'content-length': length, 'content-type': type } = request.headers;
      seen = [{ method: request.method, authorization, length, type }, await text(request)];
      response.writeHead(204).end();
    });
    await post(outbound(), url);
    expect(seen).toEqual([
      { method: 'POST', authorization: 'Bearer secret', length: '5', type: 'text/plain' },
      'hello',
    ]);
  });

  it.each([301, 307, 400, 413, 500])('answered by %i fails, and goes nowhere else', async (status) => {
    const canary = await listen((_, response) => response.end());
    const { url } = await listen((_, response) => response.writeHead(status, { location: canary.url }).end());
    await expect(post(outbound(), url)).rejects.toThrow(`http status code ${status}`);
    expect(canary.connections()).toBe(0);
  });

  it('does not read an answer without end', async () => {
    let sentBytes = 0;
    const { url } = await listen((_, response) => {
      const chunk = Buffer.alloc(65_536);
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sentBytes += chunk.length;
      };
      response.on('drain', more);
      more();
    });
    await post(outbound(), url);
    expect(sentBytes).toBeLessThan(20_000_000);
  });

  it('to one who does not read is ended', async () => {
    const server = createTcpServer((socket) => socket.on('error', () => {}).pause());
    const port = await portOf(server as unknown as Server, '127.0.0.1');
    const content = 'x'.repeat(20_000_000);
    await expect(
      post(outbound(), `http://127.0.0.1:${port}/`, content, { totalMs: 500, idleMs: 5_000 }),
    ).rejects.toThrow('it took too long');
  });

  it('of a body that fails ends with a failure', async () => {
    const { url } = await listen(async (request, response) => {
      await text(request).catch(() => {});
      response.end();
    });
    async function* failing() {
      yield Buffer.from('a');
      throw new Error('the blob is gone');
    }
    const body = { contentType: 'text/plain', sizeBytes: 100, content: failing() };
    await expect(outbound().send({ url, method: 'PUT', headers: [], body }, LIMITS, never)).rejects.toThrow(
      'cannot be reached',
    );
  });
});

describe('a host that ends the connection with its answer', () => {
  /** As much as is given out at once, and more: a reader that is slow stops the reading in the midst of it. */
  const SIZES = [1_000, 65_536, 131_072, 200_000];

  it.each(SIZES)('is heard to the end by one who reads slowly, %i bytes', async (size) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        const head = `HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\nconnection: close\r\n\r\n`;
        socket.end(Buffer.concat([Buffer.from(head), Buffer.alloc(size, 'a')]));
      });
    });
    const port = await portOf(server as unknown as Server, '127.0.0.1');
    const from = { url: `http://127.0.0.1:${port}/`, headers: [], maxBytes: 1_000_000 };
    const heard = Array.from({ length: 10 }, async () => {
      let bytes = 0;
      for await (const chunk of outbound().download(from, LIMITS, never)) {
        bytes += chunk.byteLength;
        await sleep(20);
      }
      return bytes;
    });
    expect(new Set(await Promise.all(heard))).toEqual(new Set([size]));
  });
});
