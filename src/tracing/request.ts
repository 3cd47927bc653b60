import { type Context, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { SpanFacts } from '../base/span.ts';
import { attributesOf } from './attributes.ts';

/** An HTTP request that was answered. */
export interface Answered {
  readonly method: string;
  /** The pattern of the route, never the path. */
  readonly route: string | undefined;
  readonly scheme: 'http' | 'https';
  readonly status: number;
  readonly durationMs: number;
  readonly facts: SpanFacts;
  /** `traceparent` of a proxy that is trusted. */
  readonly parent: string | undefined;
}

/** Callers may send any method; others are one, and what the conventions call it. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const OTHER = '_OTHER';

/** The span of a request, by the semantic conventions for HTTP servers. It is recorded at its end: it has no parts. */
export function requestSpan(telemetry: Tracer, answered: Answered, parent: Context): void {
  const { route, status, durationMs } = answered;
  const method = METHODS.includes(answered.method) ? answered.method : OTHER;
  const name = method === OTHER ? 'HTTP' : method;
  const endMs = Date.now();
  const span = telemetry.startSpan(
    route === undefined ? name : `${name} ${route}`,
    {
      kind: SpanKind.SERVER,
      startTime: endMs - durationMs,
      attributes: {
        'http.request.method': method,
        ...(route !== undefined && { 'http.route': route }),
        'http.response.status_code': status,
        'url.scheme': answered.scheme,
        ...attributesOf(answered.facts),
      },
    },
    parent,
  );
  if (status >= 500)
    span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', String(status));
  span.end(endMs);
}
