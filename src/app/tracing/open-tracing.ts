import type { Logger } from '../../base/log.ts';
import type { Config } from '../../config/load.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { createExporter, tracesUrl } from '../../tracing/exporter.ts';
import type { Tracing } from '../../tracing/tracing.ts';
import type { Closers } from '../closers.ts';
import type { Identity } from '../open-identity.ts';
import { VERSION } from '../version.ts';

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly identity: Identity;
  readonly metrics: Metrics;
}

/** Traces, where they are wanted. Open them before what they tell of: then it has ended when they are sent. */
export async function openTracing(
  { config, log, identity, metrics }: Parts,
  closers: Closers,
): Promise<Tracing | undefined> {
  const { tracing: options } = config;
  const url = tracesUrl(options);
  if (url === undefined) return undefined;
  // Its libraries take a while to load, and most installations do without.
  const { boundedExport } = await import('../../tracing/bounded-export.ts');
  const { createTracing } = await import('../../tracing/tracing.ts');
  const exporter = await createExporter(url, options);
  const node = { version: VERSION, nodeId: identity.node.nodeId };
  const tracing = createTracing(options, node, boundedExport({ exporter, log, count: metrics.spans }));
  // What the collector did not take was counted.
  closers.add(() => tracing.stop().catch(() => {}));
  return tracing;
}
