import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silentWav } from '../fixtures/audio/samples.ts';
import {
  type Address,
  type AskOptions,
  ask,
  createApiKey,
  ENGLISH,
  endOfJob,
  jobForm,
  mintKey,
} from '../helpers/api.ts';
import { freePort } from '../helpers/free-port.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { type Family, parsePage } from '../helpers/prometheus.ts';
import { exchange, requestHead } from '../helpers/raw-http.ts';
import { RealtimeClient } from '../helpers/realtime.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';

/** What `/metrics` says, to whom, and that nobody can make it say more. */
const MAX_STREAMS = 5;
/** At once, of one address; the tests that are not about it stay below. */
const MAX_BAD_CREDENTIALS = 300;

let server: RunningServer;
/** The listener of PARLEY_METRICS_PORT. */
let own: Address;
let database: pg.Client;
/** Between the server and its database. */
let proxy: TcpProxy;
let receiver: Receiver;
let key: string;

beforeAll(async () => {
  receiver = await startReceiver(({ target }, response) => {
    if (target.startsWith('/hangs')) return;
    if (target.startsWith('/text')) response.end('no audio');
    else response.writeHead(200).end();
  });
  const databaseUrl = await newDatabase();
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  proxy = await startTcpProxy(databaseUrl);
  const port = await freePort();
  server = await startServer({
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_ENGINE_PROCESSES: '1',
      PARLEY_DATABASE_URL: proxy.url,
      PARLEY_FETCH_ALLOW: '127.0.0.1',
      PARLEY_MAX_STREAMS: String(MAX_STREAMS),
      PARLEY_METRICS_PORT: String(port),
      PARLEY_RATE_SUBMIT: '1000/1000',
      PARLEY_RATE_BAD_CREDENTIALS: `1/${MAX_BAD_CREDENTIALS}`,
      PARLEY_TRUSTED_PROXIES: '127.0.0.1',
    },
  });
  own = { baseUrl: `http://127.0.0.1:${port}` };
  key = server.bootstrap.api_key;
});
afterAll(async () => {
  await server?.stop();
  await proxy?.close();
  await database?.end();
  await receiver?.close();
});

const pageOf = async (): Promise<Family[]> => parsePage((await ask(own, '/metrics')).text);

/** The value of each series of our own, as `name{label="value"}`. */
async function figures(): Promise<Map<string, number>> {
  const samples = (await pageOf()).flatMap((family) => family.samples);
  const labelled = (labels: object) =>
    Object.entries(labels)
      .sort()
      .map(([name, value]) => `${name}="${value}"`)
      .join(',');
  return new Map(
    samples.map(({ name, labels, value }) => [
      Object.keys(labels).length === 0 ? name : `${name}{${labelled(labels)}}`,
      value,
    ]),
  );
}

/** How much each series of these names has grown since; only those that have. */
async function grownSince(
  before: ReadonlyMap<string, number>,
  names: RegExp,
): Promise<Record<string, number>> {
  const grown = [...(await figures())]
    .filter(([series]) => names.test(series))
    .map(([series, value]) => [series, value - (before.get(series) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
}

describe('who may read /metrics', () => {
  afterEach(() => database.query("update admin_tokens set revoked_at = null where kind = 'operator'"));

  const refusal = { status: 401, text: '{"code":401,"error":"Permission Denied"}' };

  it('is the operator', async () => {
    const { status, headers, text } = await ask(server, '/metrics', { key: server.bootstrap.operator_token });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(headers.get('request-id')).toMatch(/^[0-9a-f]{32}$/);
    expect(parsePage(text).length).toBeGreaterThan(50);
  });

  it('is nobody else', async () => {
    const { api_key, management_token, operator_token } = server.bootstrap;
    expect(await ask(server, '/metrics')).toMatchObject(refusal);
    const keys = ['junk', api_key, management_token, `${operator_token}x`];
    for (const bad of [
      ...keys,
      await mintKey(server, api_key),
      await mintKey(server, api_key, { type: 'rt' }),
    ])
      expect(await ask(server, '/metrics', { key: bad })).toMatchObject(refusal);
    expect((await ask(server, '/metrics', { method: 'HEAD' })).status).toBe(401);
  });

  it('is the operator no more once the token is revoked', async () => {
    const options = { key: server.bootstrap.operator_token };
    expect((await ask(server, '/metrics', options)).status).toBe(200);
    await database.query("update admin_tokens set revoked_at = now() where kind = 'operator'");
    expect(await ask(server, '/metrics', options)).toMatchObject(refusal);
  });
});

describe('the port of its own', () => {
  it('answers /metrics without a token, but no page of another site', async () => {
    const { status, headers } = await ask(own, '/metrics', { headers: { origin: 'https://example.org' } });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect((await ask(own, '/metrics', { method: 'HEAD' })).status).toBe(200);
  });

  it.each([
    ['GET', '/'],
    ['GET', '/metrics/x'],
    ['POST', '/metrics'],
    ['GET', '/health/live'],
    ['GET', '/openapi.json'],
    ['GET', '/v2/jobs'],
    ['GET', '/v1/operator/workspaces'],
    ['GET', '/portal'],
  ])('answers nothing else: %s %s', async (method, path) => {
    const answer = await ask(own, path, { method, key: server.bootstrap.operator_token });
    expect([answer.status, answer.json()]).toMatchObject([404, { code: 404, error: 'Not Found' }]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('request-id')).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('figures of the HTTP API', () => {
  it('count each answer by route, method and status, and each refusal by its reason', async () => {
    const before = await figures();
    const calls: (readonly [string, AskOptions])[] = [
      ['/v2/jobs', { key }],
      ['/v2/jobs?limit=1', { key }],
      ['/v2/jobs/0000000000', { key }],
      ['/v2/jobs/0000000001', { key }],
      ['/v2/jobs/0000000001', { key, method: 'DELETE' }],
      ['/v2/jobs', {}],
      ['/v2/jobs', { key: 'junk' }],
      ['/v2/jobs', { key: server.bootstrap.management_token }],
      ['/v2/jobs', { method: 'PUT', key }],
      ['/nothing', {}],
      ['/nothing/else', { method: 'OPTIONS' }],
    ];
    for (const [path, options] of calls) await ask(server, path, options);
    expect(await grownSince(before, /^parley_http_requests_total/)).toEqual({
      'parley_http_requests_total{method="GET",route="/v2/jobs",status="200"}': 2,
      'parley_http_requests_total{method="GET",route="/v2/jobs/:jobid",status="404"}': 2,
      'parley_http_requests_total{method="DELETE",route="/v2/jobs/:jobid",status="404"}': 1,
      'parley_http_requests_total{method="GET",route="/v2/jobs",status="401"}': 3,
      'parley_http_requests_total{method="PUT",route="/v2/jobs",status="405"}': 1,
      'parley_http_requests_total{method="GET",route="unmatched",status="404"}': 1,
      'parley_http_requests_total{method="OPTIONS",route="unmatched",status="204"}': 1,
    });
    expect(await grownSince(before, /^parley_http_request_duration_seconds_count/)).toEqual({
      'parley_http_request_duration_seconds_count{route="/v2/jobs"}': 6,
      'parley_http_request_duration_seconds_count{route="/v2/jobs/:jobid"}': 3,
      'parley_http_request_duration_seconds_count{route="unmatched"}': 2,
    });
    expect(await grownSince(before, /^parley_requests_refused_total/)).toEqual({
      'parley_requests_refused_total{reason="missing"}': 1,
      'parley_requests_refused_total{reason="malformed"}': 1,
      'parley_requests_refused_total{reason="wrong_kind"}': 1,
    });
  });

  it('tell bad credentials that are slowed down from those that are not, and so does explain', async () => {
    const before = await figures();
    const options = { key: 'junk', headers: { 'x-forwarded-for': '203.0.113.9' } };
    for (let sent = 0; sent < MAX_BAD_CREDENTIALS; sent += 1) await ask(server, '/v2/jobs', options);
    let slowed = await ask(server, '/v2/jobs', options);
    while (slowed.status !== 429) slowed = await ask(server, '/v2/jobs', options);
    const grown = await grownSince(before, /^parley_requests_refused_total/);
    expect(grown).toEqual({
      'parley_requests_refused_total{reason="malformed"}': expect.any(Number),
      'parley_requests_refused_total{reason="too_many_refused"}': 1,
    });
    expect(grown['parley_requests_refused_total{reason="malformed"}']).toBeGreaterThanOrEqual(300);
    const path = `/v1/operator/requests/${slowed.headers.get('request-id')}`;
    const explained = await ask(server, path, { key: server.bootstrap.operator_token });
    expect(explained.json()).toMatchObject({ status: 429, reason: 'too_many_refused' });
  });

  it('count what the cache of keys answers', async () => {
    await ask(server, '/v2/jobs', { key });
    const before = await figures();
    for (let call = 0; call < 7; call += 1) await ask(server, '/v2/jobs', { key });
    expect(await grownSince(before, /^parley_key_cache/)).toEqual({ parley_key_cache_hits_total: 7 });
    const fresh = await createApiKey(server, { name: 'fresh' });
    for (let call = 0; call < 3; call += 1) await ask(server, '/v2/jobs', { key: fresh });
    expect(await grownSince(before, /^parley_key_cache/)).toEqual({
      parley_key_cache_hits_total: 9,
      parley_key_cache_misses_total: 1,
      parley_key_cache_size: 1,
    });
  });
});

describe('figures of the node', () => {
  it('say how it stands', async () => {
    const now = await figures();
    const version = JSON.parse(
      await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
    ).version;
    const known = now.get('parley_identity_known_version');
    expect(known).toBeGreaterThan(0);
    expect(Object.fromEntries(now)).toMatchObject({
      [`parley_build_info{version="${version}"}`]: 1,
      parley_ready: 1,
      parley_degraded: 0,
      parley_node_current: 1,
      'parley_live_nodes{role="api"}': 1,
      parley_identity_applied_version: known,
      parley_streams_used: 0,
      parley_streams_limit: MAX_STREAMS,
      parley_database_waiting: 0,
    });
    expect(Math.abs(now.get('parley_clock_offset_seconds') ?? Number.NaN)).toBeLessThan(1);
    expect(now.get('parley_clock_offset_error_seconds')).toBeLessThan(1);
    expect(now.get('parley_engine_processes')).toBeGreaterThan(0);
    expect(now.get('parley_database_connections{state="idle"}')).toBeGreaterThan(0);
  });
});

describe('figures of jobs', () => {
  const submit = async (body: FormData): Promise<string> => {
    const answer = await ask(server, '/v2/jobs', { method: 'POST', key, body });
    expect(answer.status).toBe(201);
    return answer.json<{ id: string }>().id;
  };
  /** A job whose audio is fetched. */
  const fetched = (path: string) => {
    const form = new FormData();
    form.append('config', JSON.stringify({ ...ENGLISH, fetch_data: { url: `${receiver.url}${path}` } }));
    return submit(form);
  };

  it('count what was submitted, how it ended, its audio and its calls', async () => {
    const before = await figures();
    const config = { ...ENGLISH, notification_config: [{ url: `${receiver.url}/callback` }] };
    const uploads = [3, 5].map((seconds) => jobForm(new Uint8Array(silentWav(16_000 * seconds)), { config }));
    const ids = await Promise.all([...uploads.map(submit), fetched('/text')]);
    const ended = await Promise.all(ids.map((id) => endOfJob(server, key, id)));
    expect(ended.map(({ status }) => status)).toEqual(['done', 'done', 'rejected']);
    const audioSeconds = (ended[0]?.duration ?? 0) + (ended[1]?.duration ?? 0);
    await expect
      .poll(() => grownSince(before, /^parley_(jobs_(submitted|finished)|transcribed|outbound)/), {
        timeout: 10_000,
      })
      .toEqual({
        parley_jobs_submitted_total: 3,
        'parley_jobs_finished_total{status="done"}': 2,
        'parley_jobs_finished_total{status="rejected"}': 1,
        'parley_transcribed_audio_seconds_total{mode="batch"}': audioSeconds,
        'parley_outbound_calls_total{kind="fetch",outcome="succeeded"}': 1,
        'parley_outbound_calls_total{kind="notify",outcome="succeeded"}': 2,
      });
    expect((await figures()).get('parley_jobs_running')).toBe(0);
  });

  it('say what waits, for what, and for how long', async () => {
    const hanging = await Promise.all([fetched('/hangs'), fetched('/hangs')]);
    const waiting = async () =>
      (await figures()).get('parley_unfinished_jobs{environment="EU1",state="fetching"}');
    await expect.poll(waiting, { timeout: 10_000 }).toBe(2);
    const now = await figures();
    const oldest = (state: string) =>
      now.get(`parley_unfinished_jobs_oldest_seconds{environment="EU1",state="${state}"}`);
    expect(oldest('fetching')).toBeLessThan(30);
    expect([oldest('queued'), now.get('parley_unfinished_jobs{environment="EU1",state="queued"}')]).toEqual([
      0, 0,
    ]);
    for (const id of hanging) await ask(server, `/v2/jobs/${id}?force=true`, { method: 'DELETE', key });
    await expect.poll(waiting, { timeout: 10_000 }).toBe(0);
  });
});

describe('figures of real time', () => {
  it('count sessions, how they ended, and their audio', async () => {
    const before = await figures();
    const names = /^parley_(sessions|streams_used|transcribed)/;
    const session = await RealtimeClient.start(server, { key });
    const left = await RealtimeClient.start(server, { key });
    const wrong = await RealtimeClient.connect(server, { key });
    expect(await grownSince(before, names)).toEqual({
      parley_sessions_open: 3,
      parley_sessions_started_total: 2,
      parley_streams_used: 2,
    });

    await session.stream(new Uint8Array(64_000));
    await session.finish();
    session.close();
    wrong.say({ message: 'Nonsense' });
    // A code of the client's own choice makes no series.
    left.socket.close(4_321, 'canary');
    await Promise.all([session, left, wrong].map(({ closed }) => closed));
    await expect
      .poll(() => grownSince(before, names), { timeout: 10_000 })
      .toEqual({
        parley_sessions_started_total: 2,
        'parley_sessions_ended_total{reason="completed"}': 1,
        'parley_sessions_ended_total{reason="client_left"}': 1,
        'parley_sessions_ended_total{reason="invalid_message"}': 1,
        // The sum of pieces as they came.
        'parley_transcribed_audio_seconds_total{mode="real-time"}': expect.closeTo(2, 6),
      });
  });

  it('count a refused upgrade as an answer, and an accepted one as none', async () => {
    const before = await figures();
    await expect(RealtimeClient.connect(server, { key: 'junk' })).rejects.toThrow('401');
    const client = await RealtimeClient.connect(server, { key });
    client.close();
    await client.closed;
    expect(await grownSince(before, /^parley_http_requests_total/)).toEqual({
      'parley_http_requests_total{method="GET",route="/v2",status="401"}': 1,
    });
  });
});

describe('whatever callers send', () => {
  /** Eleven requests that hold, in all their places, a word that nobody else sends. */
  async function send(index: number): Promise<void> {
    const { management_token } = server.bootstrap;
    const word = `canary${index}x${Math.random().toString(36).slice(2)}`;
    const bad = { key: `ply_${word}` };
    const minted = await mintKey(server, key, { client_ref: word });
    await ask(server, '/v2/jobs', { key: minted, headers: { 'x-sm-ear-tag': word, 'x-request-id': word } });
    const paths: (readonly [string, AskOptions])[] = [
      [`/${word}`, bad],
      [`/v2/${word}/${word}`, bad],
      [`/v2/jobs/${word}`, { key }],
      [`/v2/jobs/${word}/transcript?format=${word}`, { key: minted }],
      [`/v1/projects/${1_000 + index}`, { key: management_token }],
      [`/v1/projects/${word}`, { key: management_token }],
      [`/v1/projects/1/client-refs/other-${word}`, { key: management_token, method: 'DELETE' }],
      [`/objects/${word}`, {}],
      [`/portal/${word}`, {}],
    ];
    await Promise.all(paths.map(([path, options]) => ask(server, path, options)));
    await exchange(server, requestHead('PROPFIND', `/${word}`, [['Host', word]]));
    await exchange(server, requestHead(word.toUpperCase(), '/v2/jobs'));
  }

  const sendAll = (from: number, count: number) =>
    Promise.all(Array.from({ length: count }, (_, index) => send(from + index)));

  const ours = async () =>
    new Set([...(await figures()).keys()].filter((series) => series.startsWith('parley_')));

  it('makes no new series, and is nowhere on the page', async () => {
    await sendAll(0, 3);
    const before = await ours();
    await sendAll(3, 30);
    expect([...(await ours())].filter((series) => !before.has(series))).toEqual([]);
    const { text } = await ask(own, '/metrics');
    expect(parsePage(text).flatMap(({ samples }) => samples).length).toBeLessThan(1_000);
    expect(text).not.toMatch(/canary/i);
    for (const secret of Object.values(server.bootstrap)) {
      if (typeof secret === 'string') expect(text).not.toContain(secret);
    }
  });
});

describe('while the database is away', () => {
  it('the port of its own says so, at once, and leaves out what it cannot know', async () => {
    proxy.cut();
    try {
      await expect.poll(async () => (await figures()).get('parley_ready'), { timeout: 10_000 }).toBe(0);
      const startedMs = performance.now();
      const now = await figures();
      expect(performance.now() - startedMs).toBeLessThan(3_000);
      expect(Object.fromEntries(now)).toMatchObject({ parley_degraded: 1, parley_node_current: 0 });
      expect([...now.keys()].filter((series) => series.startsWith('parley_unfinished_jobs'))).toEqual([]);
      expect((await ask(server, '/metrics', { key: server.bootstrap.operator_token })).status).toBe(503);
    } finally {
      proxy.restore();
    }
    await expect.poll(async () => (await figures()).get('parley_node_current'), { timeout: 20_000 }).toBe(1);
    await expect.poll(async () => (await figures()).get('parley_ready'), { timeout: 10_000 }).toBe(1);
  });
});

describe('docs/metrics.md', () => {
  it('lists what there is, and nothing else', async () => {
    const page = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| ?(.*?) ?\| (.+) \|$/gm)].map(
      ([, name = '', type = '', labels = '', help = '']) => ({
        name,
        type,
        help,
        labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort(),
      }),
    );
    const families = await pageOf();
    const named = (list: readonly { name: string; type: string; help: string }[]) =>
      list.map(({ name, type, help }) => `${name} ${type} ${help}`).sort();
    expect(named(rows)).toEqual(named(families));
    for (const { name, samples } of families) {
      const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
      labels.delete('le');
      if (samples.length > 0)
        expect([...labels].sort(), name).toEqual(rows.find((row) => row.name === name)?.labels);
    }
  });
});
