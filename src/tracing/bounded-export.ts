import { TraceFlags } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import type { Logger } from '../base/log.ts';
import type { SpanFate } from './fates.ts';

export interface BoundedExport {
  readonly exporter: SpanExporter;
  readonly count: (fate: SpanFate, spans: number) => void;
  readonly log: Logger;
  /** Spans that may wait. */
  readonly maxWaiting?: number;
}

const MAX_WAITING = 2_048;
const MAX_BATCH = 512;
const EXPORT_EVERY_MS = 5_000;

/**
 * Spans on their way out, some hundreds at a time. What a collector does not take is counted and forgotten; that it is
 * away is said once, and once that it is back.
 */
export function boundedExport({
  exporter,
  count,
  log,
  maxWaiting = MAX_WAITING,
}: BoundedExport): SpanProcessor {
  let waiting = 0;
  let isAway = false;

  function settle(spans: number, { code, error }: ExportResult): void {
    const isSent = code === ExportResultCode.SUCCESS;
    count(isSent ? 'exported' : 'failed', spans);
    if (isSent === !isAway) return;
    isAway = !isSent;
    if (isSent) log.info('traces are exported again');
    else log.warn({ reason: error?.message }, 'traces cannot be exported; that is said once');
  }

  const batches = new BatchSpanProcessor({
    exporter: {
      export(spans, done) {
        waiting -= spans.length;
        exporter.export(spans, (result) => {
          settle(spans.length, result);
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
    },
    maxQueueSize: maxWaiting,
    maxExportBatchSize: Math.min(MAX_BATCH, maxWaiting),
    scheduledDelayMillis: EXPORT_EVERY_MS,
  });

  return {
    onStart() {},
    onEnd(span: ReadableSpan) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
      // The queue behind would drop it as well, but tells nobody.
      if (waiting >= maxWaiting) {
        count('dropped', 1);
        return;
      }
      waiting += 1;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
}
