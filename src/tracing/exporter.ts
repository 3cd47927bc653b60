import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Values } from '../base/option.ts';
import type { tracingOptions } from './options.ts';

/** An attempt and those after it; a stop waits no longer for a collector that is away. */
const EXPORT_LIMIT_MS = 3_000;

/** Where spans go; `undefined` when none is configured. */
export function tracesUrl({
  endpoint,
  tracesEndpoint,
  disabled,
}: Pick<Values<typeof tracingOptions>, 'endpoint' | 'tracesEndpoint' | 'disabled'>): string | undefined {
  if (disabled === 'true') return undefined;
  return tracesEndpoint ?? (endpoint && `${endpoint.replace(/\/+$/, '')}/v1/traces`);
}

/** Sends spans to a collector, as OTLP over HTTP. */
export async function createExporter(
  url: string,
  { protocol, headers }: Pick<Values<typeof tracingOptions>, 'protocol' | 'headers'>,
): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: EXPORT_LIMIT_MS });
}
