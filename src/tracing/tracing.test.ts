import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { inSpan } from '../base/span.ts';
import { readOptions } from '../config/read-options.ts';
import { tracesUrl } from './exporter.ts';
import { tracingOptions } from './options.ts';
import { createTracing } from './tracing.ts';

function tracing(environment: Readonly<Record<string, string>> = {}) {
  const exporter = new InMemorySpanExporter();
  const options = readOptions(tracingOptions, environment);
  const node = { version: '1', nodeId: 'node' };
  const made = createTracing(options, node, new SimpleSpanProcessor({ exporter }));
  return { ...made, spans: (): ReadableSpan[] => exporter.getFinishedSpans() };
}

const TRACE = 'a'.repeat(32);
const parent = (flags: string) => `00-${TRACE}-${'b'.repeat(16)}-${flags}`;
const REQUEST = {
  method: 'GET',
  route: '/v2/jobs',
  scheme: 'https',
  status: 200,
  durationMs: 5,
  facts: {},
} as const;
const { signal } = new AbortController();

describe('a request', () => {
  it.each([
    [{}, 'GET /v2/jobs', 'GET'],
    [{ route: undefined, status: 404 }, 'GET', 'GET'],
    [{ method: 'BREW' }, 'HTTP /v2/jobs', '_OTHER'],
    [{ method: 'get', route: undefined }, 'HTTP', '_OTHER'],
  ])('%j is named %s', (changes, name, method) => {
    const { answered, spans } = tracing();
    answered({ ...REQUEST, ...changes, parent: undefined });
    expect(spans()).toMatchObject([{ name, attributes: { 'http.request.method': method } }]);
  });

  it('has failed when the server is at fault, and took as long as it took', () => {
    const { answered, spans } = tracing();
    for (const status of [200, 404, 500]) answered({ ...REQUEST, status, parent: undefined });
    expect(spans().map(({ status, attributes }) => [status.code, attributes['error.type']])).toEqual([
      [0, undefined],
      [0, undefined],
      [2, '500'],
    ]);
    const [seconds = -1, nanoseconds = -1] = spans()[0]?.duration ?? [];
    expect(seconds * 1e9 + nanoseconds).toBeCloseTo(5e6, -4);
  });
});

it.each([
  [{}, 'parley'],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'service.name=a' }, 'a'],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'service.name=a,service.version=9', OTEL_SERVICE_NAME: 'b' }, 'b'],
])('with %j the server is called %s', (environment, name) => {
  const { answered, spans } = tracing(environment);
  answered({ ...REQUEST, parent: undefined });
  const expected = { 'service.name': name, 'service.version': '1', 'service.instance.id': 'node' };
  expect(spans()[0]?.resource.attributes).toEqual(expected);
});

describe('what is kept', () => {
  const ratio = { OTEL_TRACES_SAMPLER_ARG: '0' };
  it.each([
    [{}, [true, true, false]],
    [{ OTEL_TRACES_SAMPLER: 'always_on' }, [true, true, true]],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, [false, false, false]],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', ...ratio }, [false, false, false]],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', ...ratio }, [false, true, false]],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, [false, true, false]],
  ])('%j', (environment, expected) => {
    const kept = [undefined, parent('01'), parent('00')].map((given) => {
      const { tracer, answered, spans } = tracing(environment);
      const span = tracer.start('session', {}, given);
      span.start('recognize', {}).end();
      span.end();
      answered({ ...REQUEST, parent: given });
      expect([0, 3]).toContain(spans().length);
      return spans().length === 3;
    });
    expect(kept).toEqual(expected);
  });

  it('by a traceparent only when it is one', () => {
    const { tracer, spans } = tracing();
    for (const given of ['', 'x', `${parent('01')}-`, `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`]) {
      tracer.start('session', {}, given).end();
    }
    tracer.start('session', {}, parent('01')).end();
    const traces = spans().map((span) => span.spanContext().traceId);
    expect(traces.filter((traceId) => traceId === TRACE)).toHaveLength(1);
    expect(traces).toHaveLength(5);
  });
});

describe('a part', () => {
  const part = { name: 'recognize', facts: { engine: 'x'.repeat(1_000) } } as const;

  it('belongs to the whole, fails with its work, and says nothing long', async () => {
    const { tracer, spans } = tracing();
    const whole = tracer.start('job', { jobId: 'a1' });
    expect(await inSpan(whole, part, async () => 7, signal)).toBe(7);
    const failing = inSpan(whole, part, () => Promise.reject(new Error('the secret')), signal);
    await expect(failing).rejects.toThrow('the secret');
    const stopped = inSpan(whole, part, () => Promise.reject(new Error()), AbortSignal.abort());
    await expect(stopped).rejects.toThrow();
    whole.end('rejected');
    const ended = spans().map(({ name, status, attributes }) => [name, status, attributes['error.type']]);
    expect(ended).toEqual([
      ['recognize', { code: 0 }, undefined],
      ['recognize', { code: 2 }, 'failed'],
      ['recognize', { code: 0 }, undefined],
      ['job', { code: 2 }, 'rejected'],
    ]);
    const [first, , third, job] = spans();
    expect(first?.parentSpanContext?.spanId).toBe(job?.spanContext().spanId);
    expect(first?.attributes).toEqual({ 'parley.engine.name': 'x'.repeat(128) });
    expect(third?.attributes).toMatchObject({ 'parley.outcome': 'interrupted' });
  });

  it('is just done where nobody traces', async () => {
    expect(await inSpan(undefined, part, async () => 7, signal)).toBe(7);
  });
});

describe('spans go', () => {
  it.each([
    [{}, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4318' }, 'http://a:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4318/b/' }, 'http://a:4318/b/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://a/b?c=d' }, 'https://a/b?c=d'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b' }, 'http://a'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4318', OTEL_SDK_DISABLED: 'true' }, undefined],
  ])('with %j to %s', (environment, url) => {
    expect(tracesUrl(readOptions(tracingOptions, environment))).toBe(url);
  });
});
