import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Answer,
  ask,
  ENGLISH,
  endOfJob,
  jobForm,
  mintKey,
  readClip,
  SHORT_CLIP_TEXT,
} from '../helpers/api.ts';
import { type CollectedSpan, type Collector, startCollector } from '../helpers/collector.ts';
import { freePort } from '../helpers/free-port.ts';
import { temporaryDirectory } from '../helpers/per-test.ts';
import { bearer, exchange, requestHead } from '../helpers/raw-http.ts';
import { RealtimeClient, refusedUpgrade, samplesOfWav } from '../helpers/realtime.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** What a server with a collector tells of what it does, and that it never tells what is secret. */
const CANARY = 'canary5e19c2';
const TRUSTED = { sampled: '1'.repeat(32), unsampled: '2'.repeat(32) };

let collector: Collector;
let others: Receiver;
let spans: CollectedSpan[];
const secrets = new Map<string, string>();
const made: Record<string, string> = {};
let workspace: { id: string; project: number };

beforeAll(async () => {
  collector = await startCollector();
  others = await startReceiver(async ({ target }, response) => {
    if (target.startsWith('/audio')) response.end(await readClip());
    else response.writeHead(target.startsWith('/away') ? 503 : 200).end();
  });
  const server = await startServer({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-token=open%20sesame',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=tests',
      PARLEY_FETCH_ALLOW: '127.0.0.1',
      PARLEY_TRUSTED_PROXIES: '127.0.0.1',
      PARLEY_STOP_SECONDS: '1',
    },
  });
  try {
    workspace = { id: server.bootstrap.workspace_id, project: server.bootstrap.project_id };
    await callEverything(server);
  } finally {
    expect(await server.stop()).toBe(0);
  }
  spans = collector.spans();
});
afterAll(async () => {
  await collector?.close();
  await others?.close();
});

async function callEverything(server: RunningServer): Promise<void> {
  const { api_key, management_token, operator_token } = server.bootstrap;
  const key = await mintKey(server, api_key, { client_ref: CANARY });
  const jwt = await mintKey(server, api_key, { type: 'rt' });
  noteSecrets({ api_key, management_token, operator_token, key, jwt });
  await runJobs(server, key);
  await open(server, { api_key, jwt });

  const called = [
    await ask(server, `/v2/jobs/${CANARY}?token=${CANARY}`, { key, headers: { 'x-request-id': CANARY } }),
    await ask(server, `/${CANARY}`),
    await ask(server, '/v2/jobs', { key: `ply_${CANARY}` }),
    await ask(server, '/v1/api-keys', { key: management_token }),
    await ask(server, '/health/live', { headers: parent(TRUSTED.sampled, '01') }),
    await ask(server, '/health/live', { headers: parent(TRUSTED.unsampled, '00') }),
    await ask(server, '/health/ready', { headers: { 'x-forwarded-proto': CANARY } }),
    await ask(server, '/health/live', { headers: { traceparent: CANARY, baggage: CANARY } }),
  ];
  made.request = called[0]?.headers.get('request-id') ?? '';
  expect(called.map(({ status }: Answer) => status)).toEqual([404, 404, 401, 200, 200, 200, 200, 200]);
  await exchange(server, requestHead(CANARY.toUpperCase(), '/v2/jobs', [bearer(api_key)]));
}

function noteSecrets(keys: Record<string, string>): void {
  for (const [name, secret] of Object.entries(keys)) {
    for (const part of secret.split('.')) if (part.length > 20) secrets.set(`${name} ${part.length}`, part);
    secrets.set(name, secret);
  }
  secrets.set('what a caller wrote', CANARY);
  secrets.set('the name of a file', 'recording.wav');
  for (const word of SHORT_CLIP_TEXT.match(/\w{6,}/g) ?? []) secrets.set(`the word ${word}`, word);
}

async function runJobs(server: RunningServer, key: string): Promise<void> {
  const submit = async (body: FormData) => {
    const answer = await ask(server, '/v2/jobs', { method: 'POST', key, body });
    expect(answer.status).toBe(201);
    return answer.json<{ id: string }>().id;
  };
  const config = (notified: string) => ({
    ...ENGLISH,
    tracking: { title: CANARY },
    notification_config: [{ url: `${others.url}${notified}?secret=${CANARY}`, contents: ['transcript'] }],
  });
  made.job = await submit(jobForm(await readClip(), { config: config('/notified') }));
  const form = new FormData();
  const fetched = { ...config('/away'), fetch_data: { url: `${others.url}/audio?token=${CANARY}` } };
  form.append('config', JSON.stringify(fetched));
  made.fetched = await submit(form);
  for (const id of [made.job, made.fetched]) expect((await endOfJob(server, key, id)).status).toBe('done');
  await vi.waitFor(() => expect([others.at('/notified').length, others.at('/away').length]).toEqual([1, 1]), {
    timeout: 10_000,
  });
  const noAudio = new FormData();
  const unfetchable = { ...ENGLISH, fetch_data: { url: `${others.url}/${CANARY}` } };
  noAudio.append('config', JSON.stringify(unfetchable));
  made.rejected = await submit(noAudio);
  expect((await endOfJob(server, key, made.rejected)).status).toBe('rejected');
}

async function open(
  server: RunningServer,
  { api_key, jwt }: { api_key: string; jwt: string },
): Promise<void> {
  const session = await RealtimeClient.start(server, {
    jwt,
    headers: parent(TRUSTED.sampled, '01'),
  });
  await session.stream(samplesOfWav(await readClip()));
  await session.finish();
  made.session = String((await session.next('RecognitionStarted')).id);
  session.close();
  await session.closed;

  const left = await RealtimeClient.start(server, { key: api_key });
  left.socket.close(4_321, CANARY);
  await left.closed;
  const wrong = await RealtimeClient.connect(server, { key: api_key });
  wrong.say({ message: CANARY });
  await wrong.closed;
  // Is cut off when the server stops.
  await RealtimeClient.start(server, { key: api_key });
  expect((await refusedUpgrade(server, { key: CANARY })).status).toBe(401);
}

const parent = (traceId: string, flags: string) => ({
  traceparent: `00-${traceId}-00f067aa0ba902b7-${flags}`,
});

const named = (name: string) => spans.filter((span) => span.name === name);
const ofJob = (id: string | undefined) =>
  spans.filter(({ attributes }) => attributes['parley.job.id'] === id);

describe('a request', () => {
  it('has a span with the pattern of its route, its status, and whose it was', () => {
    const [span] = named('GET /v2/jobs/:jobid').filter(
      ({ attributes }) => attributes['http.response.status_code'] === 404,
    );
    expect(span).toMatchObject({ kind: 2, hasFailed: false, parentSpanId: '' });
    expect(span?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/v2/jobs/:jobid',
      'http.response.status_code': 404,
      'url.scheme': 'http',
      'parley.request.id': made.request,
      'parley.environment': 'EU1',
      'parley.product': 'batch',
      'parley.workspace.id': workspace.id,
      'parley.project.id': workspace.project,
    });
    expect(span?.seconds).toBeGreaterThan(0);
    expect(span?.seconds).toBeLessThan(5);
  });

  it('has one whatever became of it, and none of its own names', () => {
    const names = spans.filter(({ kind }) => kind === 2).map(({ name }) => name);
    for (const name of ['GET', 'GET /v2/jobs', 'GET /v1/api-keys', 'POST /v2/jobs', 'GET /v2', 'session']) {
      expect(names, name).toContain(name);
    }
    expect(new Set(names.filter((name) => name.startsWith('HTTP')))).toEqual(new Set());
    const [portal] = named('GET /v1/api-keys');
    expect(portal?.attributes).toMatchObject({ 'parley.workspace.id': workspace.id });
    expect(portal?.attributes).not.toHaveProperty('parley.project.id');
  });

  it('belongs to the trace of a proxy that is trusted, and is not recorded where that is not', () => {
    const [span] = spans.filter(
      ({ traceId, kind, name }) => traceId === TRUSTED.sampled && kind === 2 && name !== 'session',
    );
    expect(span).toMatchObject({ name: 'GET /health/live', parentSpanId: '00f067aa0ba902b7' });
    expect(spans.filter(({ traceId }) => traceId === TRUSTED.unsampled)).toEqual([]);
    expect(named('GET /health/live')).toHaveLength(2);
  });
});

describe('a job', () => {
  it('has spans from request to callback, joined by its id', () => {
    const found = ofJob(made.job);
    expect(found.map(({ name }) => name).sort()).toEqual(['POST /v2/jobs', 'job', 'notify']);
    const job = found.find(({ name }) => name === 'job');
    expect(job).toMatchObject({ kind: 5, hasFailed: false });
    expect(job?.attributes).toEqual({
      'parley.environment': 'EU1',
      'parley.product': 'batch',
      'parley.workspace.id': workspace.id,
      'parley.project.id': workspace.project,
      'parley.job.id': made.job,
      'parley.job.age_seconds': expect.any(Number),
      'parley.audio.seconds': expect.any(Number),
      'parley.outcome': 'done',
    });
    expect(job?.attributes['parley.audio.seconds']).toBeGreaterThan(0);
    const recognized = spans.filter(({ parentSpanId }) => parentSpanId === job?.spanId);
    expect(recognized).toMatchObject([
      { name: 'recognize', traceId: job?.traceId, attributes: { 'parley.engine.name': 'moonshine' } },
    ]);
    expect(recognized[0]?.seconds).toBeLessThanOrEqual(job?.seconds ?? 0);
  });

  it('has a span for each attempt to fetch and to call back', () => {
    const found = ofJob(made.fetched).filter(({ kind }) => kind === 3);
    expect(found).toMatchObject([
      { name: 'fetch', hasFailed: false, attributes: { 'parley.attempt': 1 } },
      {
        name: 'notify',
        hasFailed: true,
        attributes: { 'parley.attempt': 1, 'http.response.status_code': 503, 'error.type': 'failed' },
      },
    ]);
    expect(ofJob(made.rejected).map(({ name }) => name)).toEqual(['POST /v2/jobs', 'fetch']);
  });
});

describe('a session', () => {
  it('has a span from handshake to close, and one for what the engine did', () => {
    const session = named('session').find(
      ({ attributes }) => attributes['parley.session.id'] === made.session,
    );
    expect(session).toMatchObject({ kind: 2, hasFailed: false, traceId: TRUSTED.sampled });
    expect(session?.attributes).toEqual({
      'parley.environment': 'EU2',
      'parley.product': 'rt',
      'parley.workspace.id': workspace.id,
      'parley.project.id': workspace.project,
      'parley.request.id': expect.any(String),
      'parley.session.id': made.session,
      'parley.session.close_code': 1005,
      'parley.outcome': 'completed',
      'parley.audio.seconds': expect.any(Number),
    });
    expect(session?.attributes['parley.audio.seconds']).toBeGreaterThan(1);
    const parts = spans.filter(({ parentSpanId }) => parentSpanId === session?.spanId);
    expect(parts).toMatchObject([
      { name: 'recognize', hasFailed: false, attributes: { 'parley.channel': 0 } },
    ]);
  });

  it.each([
    ['client_left', 4_321, false, 'interrupted'],
    ['invalid_message', 1_003, false, undefined],
    ['job_error', 4_013, true, 'interrupted'],
  ])('that ends with %s says so', (outcome, code, hasFailed, part) => {
    const found = named('session').filter(({ attributes }) => attributes['parley.outcome'] === outcome);
    expect(found).toMatchObject([{ hasFailed, attributes: { 'parley.session.close_code': code } }]);
    expect(found[0]?.attributes['error.type']).toBe(hasFailed ? outcome : undefined);
    const parts = spans.filter(({ parentSpanId }) => parentSpanId === found[0]?.spanId);
    const expected = part === undefined ? [] : [{ hasFailed: false, attributes: { 'parley.outcome': part } }];
    expect(parts).toMatchObject(expected);
  });
});

describe('what is sent', () => {
  it('comes with the configured headers and says which node it is', () => {
    for (const { target, headers } of collector.received) {
      expect(target).toBe('/v1/traces');
      expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-token': 'open sesame' });
    }
    expect(spans[0]?.resource).toEqual({
      'service.name': 'parley',
      'service.version': expect.any(String),
      'service.instance.id': expect.any(String),
      'deployment.environment.name': 'tests',
    });
  });

  it('holds no key, no word that was said, and nothing that a caller wrote', () => {
    expect(secrets.size).toBeGreaterThan(12);
    const text = collector.received.map(({ body }) => String(body).toLowerCase()).join('\n');
    expect(text.length).toBeGreaterThan(5_000);
    const leaks = [...secrets].filter(([, secret]) => text.includes(secret.toLowerCase()));
    expect(leaks).toEqual([]);
    expect(text).not.toContain('open sesame');
  });

  it('has the attributes that docs/tracing.md lists, and no others', async () => {
    const page = await readFile(new URL('../../docs/tracing.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| `([a-z_.]+)` \|/gm)].map(([, name]) => name);
    const seen = new Set(spans.flatMap(({ attributes }) => Object.keys(attributes)));
    expect([...seen].sort()).toEqual(listed.sort());
  });
});

describe('without a setting for it', () => {
  it('a request is written in protobuf, and a caller whom nobody trusts starts a trace of its own', async () => {
    const binary = await startCollector();
    const server = await startServer({
      env: { PARLEY_ENGINE: 'scripted', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${binary.url}/here` },
    });
    await ask(server, '/health/live', { headers: parent(TRUSTED.sampled, '01') });
    await ask(server, '/health/live', { headers: parent(TRUSTED.unsampled, '00') });
    expect(await server.stop()).toBe(0);
    await binary.close();
    expect(binary.received).toHaveLength(1);
    const [{ target = '', headers = {}, body = Buffer.alloc(0) } = {}] = binary.received;
    expect([target, headers['content-type']]).toEqual(['/here', 'application/x-protobuf']);
    expect(String(body).split('GET /health/live')).toHaveLength(3);
    for (const traceId of Object.values(TRUSTED)) {
      expect(body.includes(Buffer.from(traceId, 'hex'))).toBe(false);
    }
  });

  it('none of its code is loaded', async () => {
    const on = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const loaded = await Promise.all([{}, { ...on, OTEL_SDK_DISABLED: 'true' }, on].map(loadedModules));
    expect(loaded.slice(0, 2)).toEqual([[], []]);
    expect(loaded[2]?.length).toBeGreaterThan(10);
  });

  /** Of OpenTelemetry, but for its bare interface, which others load. */
  async function loadedModules(env: Readonly<Record<string, string>>): Promise<string[]> {
    const directory = temporaryDirectory();
    const list = path.join(directory, 'loaded.json');
    const preload = path.join(directory, 'preload.cjs');
    await writeFile(
      preload,
      `const write = () => require('fs').writeFileSync('${list}', JSON.stringify(Object.keys(require.cache)));
      process.on('exit', write);`,
    );
    const scripted = { PARLEY_ENGINE: 'scripted', NODE_OPTIONS: `--require=${preload}` };
    const server = await startServer({ env: { ...scripted, ...env } });
    await ask(server, '/health/live');
    expect(await server.stop()).toBe(0);
    const modules = JSON.parse(await readFile(list, 'utf8')) as string[];
    return modules.filter((module) => /@opentelemetry\/(?!api\/)/.test(module));
  }
});

describe('a collector that', () => {
  const STOP_LIMIT_MS = 6_000;

  it.concurrent.for([
    ['is not there', async () => ({ url: `http://127.0.0.1:${await freePort()}`, close: async () => {} })],
    ['takes requests and never answers', () => startCollector(() => {})],
    ['refuses', () => startCollector((response) => response.writeHead(400).end())],
  ] as const)('%s disturbs nothing', async ([, start], { expect }) => {
    const away = await start();
    const port = await freePort();
    const server = await startServer({
      env: {
        PARLEY_ENGINE: 'scripted',
        PARLEY_METRICS_PORT: String(port),
        OTEL_EXPORTER_OTLP_ENDPOINT: away.url,
      },
    });
    const { api_key: key } = server.bootstrap;
    const requests = async (count: number) => {
      const answers = Array.from({ length: count }, () => ask(server, '/v2/jobs', { key }));
      expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([200]));
    };
    const failed = async () => {
      const { text } = await ask({ baseUrl: `http://127.0.0.1:${port}` }, '/metrics');
      return Number(/^parley_trace_spans_total\{outcome="failed"\} (\d+)$/m.exec(text)?.[1]);
    };
    const said = () => server.logs().filter((line) => line.includes('traces cannot be exported'));
    await requests(3);
    await expect.poll(failed, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
    await requests(3);
    expect((await ask(server, '/health/ready')).status).toBe(200);
    const stoppingMs = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - stoppingMs).toBeLessThan(STOP_LIMIT_MS);
    expect(said()).toHaveLength(1);
    await away.close();
  });
});
