import type { HttpServer } from '../../http/server.ts';
import type { Refusals } from '../../identity/audit/refusals.ts';
import type { Metrics } from '../../metrics/metrics.ts';

/** Counts every answer of these routes. A WebSocket that was accepted is none: its session is counted. */
export function countAnswers(app: HttpServer, { answered }: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    answered({
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1_000,
    });
    done();
  });
}

export const countRefusals = (refusals: Refusals, { refused }: Metrics): Refusals => ({
  ...refusals,
  note(request) {
    refused(request.reason);
    refusals.note(request);
  },
});
