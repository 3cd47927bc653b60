import { getMetrics } from '../../api/discovery/get-metrics.ts';
import type { Logger } from '../../base/log.ts';
import type { Config } from '../../config/load.ts';
import { AppError } from '../../errors/app-error.ts';
import { drain } from '../../http/connections/drain.ts';
import { listen } from '../../http/connections/listen.ts';
import { createHttpServer } from '../../http/server.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Closers } from '../closers.ts';
import { VERSION } from '../version.ts';

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
}

const STOP_LIMIT_MS = 1_000;

/**
 * `/metrics` without a token on a listener of its own, where one is configured, and nothing else there. Open it before
 * what it tells of: then it goes on while that drains.
 */
export async function serveMetrics({ config, log, metrics }: Parts, closers: Closers): Promise<void> {
  const { port, host } = config.metrics;
  if (port === undefined) return;
  const app = await createHttpServer({
    log,
    tls: undefined,
    trustedProxies: [],
    isUnavailable: () => false,
    openapi: {
      title: 'Parley metrics',
      version: VERSION,
      description: 'Figures of this node for Prometheus.',
    },
  });
  // Not for pages of others, which a browser on this machine may show.
  app.route({ method: 'GET', url: '/metrics', config: { sameOrigin: true }, ...getMetrics({ metrics }) });
  app.setNotFoundHandler(async () => {
    throw new AppError('not_found');
  });
  await app.ready();
  closers.add(async () => {
    await drain([app.server], STOP_LIMIT_MS);
    await app.close();
  });
  await listen(app.server, port, host);
}
