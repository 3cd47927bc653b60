import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newDatabase } from '../helpers/postgres.ts';
import { joinServer, type RunningServer, startServer } from '../helpers/server.ts';
import { type ProxyKind, type RunningProxy, startProxy } from './run-proxy.ts';

/** A node for each role behind one public address, with the configuration that is shipped in `deploy/`. */
describe.each<ProxyKind>(['nginx', 'haproxy'])('a node for each role behind %s', (kind) => {
  let control: RunningServer;
  let nodes: RunningServer[] = [];
  let proxy: RunningProxy;

  beforeAll(async () => {
    const env = {
      PARLEY_ENGINE: 'scripted',
      PARLEY_DOMAIN: 'example.com',
      PARLEY_TRUSTED_PROXIES: '127.0.0.1',
      PARLEY_DATABASE_URL: await newDatabase(),
    };
    control = await startServer({ env: { ...env, PARLEY_ROLES: 'control' } });
    const join = (role: string) =>
      joinServer(control, { ...env, PARLEY_DATA_DIR: control.dataDir, PARLEY_ROLES: role });
    const [api, realtime] = await Promise.all([join('api'), join('realtime')]);
    nodes = [api, realtime, control];
    const pair = ({ baseUrl }: RunningServer) => {
      const { host } = new URL(baseUrl);
      return [host, host] as const;
    };
    proxy = await startProxy(kind, { api: pair(api), realtime: pair(realtime), control: pair(control) });
  });
  afterAll(async () => {
    await proxy?.stop();
    for (const node of nodes) await node.stop();
  });

  /** Sends the request as it is written, because clients set these headers themselves; resolves to the status. */
  async function statusOf(method: string, target: string, headers: readonly string[], body = '') {
    const socket = connect({ port: proxy.port, host: '127.0.0.1', servername: 'localhost', ca: proxy.ca });
    const host = target.startsWith('/v1') ? 'mp.example.com' : 'asr.api.example.com';
    const head = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...headers];
    socket.write(`${head.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return Number(/^HTTP\/1\.1 (\d+)/.exec(chunk.toString('latin1'))?.[1]);
  }

  it.each(['h2c', 'TLS/1.0'])(
    'answers requests that ask for %s in passing where they belong',
    async (protocol) => {
      const upgrade = ['Connection: Upgrade', `Upgrade: ${protocol}`];
      const key = (secret: string) => [...upgrade, `Authorization: Bearer ${secret}`];
      const { api_key, management_token } = control.bootstrap;
      expect(await statusOf('GET', '/v2/jobs', key(api_key))).toBe(200);
      expect(await statusOf('GET', '/v1/projects', key(management_token))).toBe(200);
      const mint = [...key(api_key), 'Content-Type: application/json'];
      expect(await statusOf('POST', '/v1/api_keys?type=batch', mint, '{"ttl":60}')).toBe(201);
    },
  );

  it.each(['websocket', 'WebSocket'])('leads a %s to the node that hears sessions', async (protocol) => {
    const upgrade = ['Connection: Upgrade', `Upgrade: ${protocol}`, 'Sec-WebSocket-Version: 13'];
    const key = [
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      `Authorization: Bearer ${control.bootstrap.api_key}`,
    ];
    expect(await statusOf('GET', '/v2', [...upgrade, ...key])).toBe(101);
  });
});
