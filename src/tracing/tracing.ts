import {
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer as Telemetry,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Values } from '../base/option.ts';
import type { Span, SpanFacts, SpanName, Tracer } from '../base/span.ts';
import { attributesOf } from './attributes.ts';
import type { tracingOptions } from './options.ts';
import { type Answered, requestSpan } from './request.ts';
import { samplerOf } from './sampler.ts';

/** Traces of this node. No part knows the library behind it, and nothing is registered for all of the process. */
export interface Tracing {
  readonly tracer: Tracer;
  /** Records an answer of the HTTP API that has just been sent. */
  readonly answered: (answered: Answered) => void;
  /** Sends what waits. The exporter decides how long it tries. */
  stop(): Promise<void>;
}

export interface TracedNode {
  readonly version: string;
  readonly nodeId: string;
}

/** Far more than any value of ours has. */
const MAX_VALUE_LENGTH = 128;

const KINDS: Readonly<Record<SpanName, SpanKind>> = {
  session: SpanKind.SERVER,
  job: SpanKind.CONSUMER,
  recognize: SpanKind.INTERNAL,
  fetch: SpanKind.CLIENT,
  notify: SpanKind.CLIENT,
};

export function createTracing(
  options: Values<typeof tracingOptions>,
  { version, nodeId }: TracedNode,
  processor: SpanProcessor,
): Tracing {
  const provider = new TracerProvider({
    sampler: samplerOf(options),
    resource: resourceFromAttributes({
      'service.name': 'parley',
      ...options.resourceAttributes,
      ...(options.serviceName !== undefined && { 'service.name': options.serviceName }),
      'service.version': version,
      'service.instance.id': nodeId,
    }),
    spanLimits: { attributeValueLengthLimit: MAX_VALUE_LENGTH },
    spanProcessors: [processor],
  });
  const telemetry = provider.getTracer('parley', version);
  return {
    tracer: { start: (name, facts, parent) => follow(telemetry, { name, facts }, contextOf(parent)) },
    answered: (answered) => requestSpan(telemetry, answered, contextOf(answered.parent)),
    stop: () => provider.shutdown(),
  };
}

/** The context of a `traceparent`; what is malformed is none. */
function contextOf(traceParent: string | undefined): Context {
  const parent = traceParent === undefined ? null : parseTraceParent(traceParent);
  return parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT;
}

function follow(
  telemetry: Telemetry,
  { name, facts }: { readonly name: SpanName; readonly facts: SpanFacts },
  parent: Context,
): Span {
  const span = telemetry.startSpan(name, { kind: KINDS[name], attributes: attributesOf(facts) }, parent);
  const context = trace.setSpan(ROOT_CONTEXT, span);
  return {
    note: (noted) => void span.setAttributes(attributesOf(noted)),
    start: (inner, known) => follow(telemetry, { name: inner, facts: known }, context),
    end(fault) {
      if (fault !== undefined) {
        span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', fault);
      }
      span.end();
    },
  };
}
