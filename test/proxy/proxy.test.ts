import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkServerIdentity as checkName, type PeerCertificate } from 'node:tls';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobForm, mintKey, readClip } from '../helpers/api.ts';
import { type Collector, startCollector } from '../helpers/collector.ts';
import { freePort } from '../helpers/free-port.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { RealtimeClient } from '../helpers/realtime.ts';
import { joinServer, type RunningServer, startServer } from '../helpers/server.ts';
import { type ProxyKind, type RunningProxy, startProxy } from './run-proxy.ts';

/** Two nodes behind one public address, with the configuration that is shipped in `deploy/`. */
describe.each<ProxyKind>(['nginx', 'haproxy'])('two nodes behind %s', (kind) => {
  let env: Record<string, string>;
  let first: RunningServer;
  let second: RunningServer;
  let proxy: RunningProxy;
  let collector: Collector;
  let agent: Agent;

  beforeAll(async () => {
    collector = await startCollector();
    env = {
      PARLEY_ENGINE: 'scripted',
      PARLEY_DOMAIN: 'example.com',
      PARLEY_TRUSTED_PROXIES: '127.0.0.1',
      PARLEY_DATABASE_URL: await newDatabase(),
      PARLEY_RATE_READ: '10000/10000',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    };
    first = await startServer({ env });
    env.PARLEY_DATA_DIR = first.dataDir;
    second = await joinSecond(await freePort());
    proxy = await startProxy(kind, [hostOf(first), hostOf(second)]);
    // The certificate is for localhost, and undici asks for the name in the Host header.
    const checkServerIdentity = (_name: string, cert: PeerCertificate) => checkName('localhost', cert);
    agent = new Agent({ connect: { ca: proxy.ca, checkServerIdentity } });
  });
  afterAll(async () => {
    await agent?.close();
    await proxy?.stop();
    await second?.stop();
    await first?.stop();
    await collector?.close();
  });

  const hostOf = ({ baseUrl }: RunningServer) => new URL(baseUrl).host;
  const joinSecond = (port: number) => joinServer(first, { ...env, PARLEY_PORT: String(port) });

  interface Asked {
    readonly host?: string;
    readonly method?: 'GET' | 'POST';
    readonly key?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: FormData | Uint8Array<ArrayBuffer>;
  }

  async function ask(target: string, { host = 'asr.api', method = 'GET', key, headers, body }: Asked = {}) {
    const encoded = new Response(body);
    const type = encoded.headers.get('content-type');
    const answer = await request(`https://localhost:${proxy.port}${target}`, {
      dispatcher: agent,
      method,
      headers: {
        host: `${host}.example.com`,
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(type !== null && { 'content-type': type }),
        ...headers,
      },
      body: body === undefined ? null : new Uint8Array(await encoded.arrayBuffer()),
    });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  }

  it('run a job that came in over TLS, under the host name of its environment', async () => {
    const { api_key: key } = first.bootstrap;
    const body = jobForm(await readClip());
    const job = await ask('/v2/jobs?wait=30', { method: 'POST', key, body });
    expect([job.status, JSON.parse(job.text)]).toEqual([201, expect.objectContaining({ status: 'done' })]);
    const elsewhere = await ask(`/v2/jobs/${JSON.parse(job.text).id}`, { host: 'us1.asr.api', key });
    expect(elsewhere.status).toBe(401);
  });

  it('hear a session, with the key in the query, which is in no log', async () => {
    const jwt = await mintKey(first, first.bootstrap.api_key, { type: 'rt' });
    const client = await RealtimeClient.start(
      { baseUrl: `https://localhost:${proxy.port}` },
      { jwt, headers: { host: 'eu2.rt.example.com' }, socket: { ca: proxy.ca } },
    );
    await client.stream(await readClip());
    client.say({ message: 'EndOfStream', last_seq_no: client.of('AudioAdded').length });
    await client.next('EndOfTranscript');
    client.close();
    await once(client.socket, 'close').catch(() => {});
    await sleep(200);
    const log = proxy.accessLog().join('\n');
    expect(log).toContain('/v2');
    expect(log).not.toContain(jwt.slice(0, 20));
  });

  it('know the address of the caller, whatever it claims', async () => {
    const forged = { 'x-forwarded-for': '10.9.9.9' };
    const withAddress = (cidrs: string[]) =>
      mintKey(first, first.bootstrap.api_key, { client_ref: 'u', limits: { cidrs } });
    const [here, there] = [await withAddress(['127.0.0.1/32']), await withAddress(['10.9.9.9/32'])];
    expect((await ask('/v2/jobs', { key: here, headers: forged })).status).toBe(200);
    expect((await ask('/v2/jobs', { key: there, headers: forged })).status).not.toBe(200);
  });

  it('let no caller write into a trace, or choose what is kept', async () => {
    const traceId = 'a'.repeat(32);
    const forged = { traceparent: `00-${traceId}-${'b'.repeat(16)}-00` };
    const id = (await ask('/health/live', { headers: forged })).headers['request-id'];
    const found = () => collector.spans().find(({ attributes }) => attributes['parley.request.id'] === id);
    await expect.poll(found).toMatchObject({ parentSpanId: '' });
    expect(found()?.traceId).not.toBe(traceId);
  });

  it('refuse an upload before they have read it', async () => {
    const body = new Uint8Array(20_000_000);
    const type = { 'content-type': 'multipart/form-data; boundary=x' };
    const answer = await ask('/v2/jobs', { method: 'POST', key: 'ply_nobody', headers: type, body });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      401,
      { code: 401, error: 'Permission Denied' },
    ]);
  });

  it('lead to the portal and to the management of keys, and show nobody their metrics', async () => {
    expect(await ask('/portal/', { host: 'portal' })).toMatchObject({
      status: 200,
      text: expect.stringContaining('<html'),
    });
    const { management_token: key } = first.bootstrap;
    expect((await ask('/v1/projects', { host: 'mp', key })).status).toBe(200);
    expect((await ask('/metrics', { host: 'mp', key: first.bootstrap.operator_token })).status).toBe(404);
  });

  it('answer every request while one of them is started again', async () => {
    const { api_key: key } = first.bootstrap;
    const port = Number(new URL(second.baseUrl).port);
    const statuses: number[] = [];
    let isOver = false;
    const asking = Array.from({ length: 4 }, async () => {
      while (!isOver) statuses.push((await ask('/v2/jobs', { key })).status);
    });
    await sleep(300);
    expect(await second.stop()).toBe(0);
    await sleep(300);
    second = await joinSecond(port);
    await sleep(1_500);
    isOver = true;
    await Promise.all(asking);
    expect(statuses.length).toBeGreaterThan(50);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });
});
