import type { ServerResponse } from 'node:http';
import { type Received, startReceiver } from './receiver.ts';

/** A span as a collector gets it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 5 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly hasFailed: boolean;
  readonly seconds: number;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** An OpenTelemetry collector on loopback that takes OTLP over HTTP, written as JSON. */
export async function startCollector(
  answer: (response: ServerResponse) => unknown = (response) => response.writeHead(200).end('{}'),
) {
  const receiver = await startReceiver((_, response) => answer(response));
  return { ...receiver, spans: () => receiver.received.flatMap(spansOf) };
}

export type Collector = Awaited<ReturnType<typeof startCollector>>;

interface Pair {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Pair[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Pair[];
  readonly status?: { readonly code?: number };
}

const ERROR = 2;

function spansOf({ body }: Received): CollectedSpan[] {
  const { resourceSpans } = JSON.parse(String(body)) as Export;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map((span) => collected(span, valuesOf(resource.attributes)))),
  );
}

const collected = (span: WireSpan, resource: CollectedSpan['resource']): CollectedSpan => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId ?? '',
  name: span.name,
  kind: span.kind,
  attributes: valuesOf(span.attributes),
  hasFailed: span.status?.code === ERROR,
  seconds: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e9,
  resource,
});

const valuesOf = (pairs: readonly Pair[]) =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));
