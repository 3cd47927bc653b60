import type { FastifyRequest } from 'fastify';
import { addressList, isListed } from '../../base/address-list.ts';
import type { SpanFacts } from '../../base/span.ts';
import type { HttpServer } from '../../http/server.ts';
import type { Tracing } from '../../tracing/tracing.ts';

/**
 * Records every answer of these routes. A WebSocket that was accepted is none: its session is traced.
 *
 * A caller's `traceparent` is taken over when a trusted proxy hands it over: anybody else could have every request
 * kept, or write into traces of others.
 * @param trustedProxies addresses and ranges
 */
export function traceRequests(
  app: HttpServer,
  { answered }: Tracing,
  trustedProxies: readonly string[],
): void {
  const proxies = addressList(trustedProxies);
  if (trustedProxies.length > 0) {
    app.addHook('onRequest', (request, _reply, done) => {
      const { traceparent } = request.headers;
      const isTrusted = isListed(proxies, request.socket.remoteAddress ?? '');
      if (isTrusted && typeof traceparent === 'string') request.traceParent = traceparent;
      done();
    });
  }
  app.addHook('onResponse', (request, reply, done) => {
    answered({
      method: request.method,
      route: request.routeOptions.url,
      // What a proxy says may be any text.
      scheme: request.protocol === 'https' ? 'https' : 'http',
      status: reply.statusCode,
      durationMs: reply.elapsedTime,
      facts: factsOf(request),
      parent: request.traceParent,
    });
    done();
  });
}

function factsOf({
  id: requestId,
  environment,
  principal,
  routeOptions,
  madeJobId,
}: FastifyRequest): SpanFacts {
  return {
    requestId,
    ...(environment && {
      environment: environment.name,
      product: routeOptions.config.upgrade ? 'rt' : 'batch',
    }),
    ...(principal && 'workspaceId' in principal && { workspaceId: principal.workspaceId }),
    ...(principal && 'projectId' in principal && { projectId: principal.projectId }),
    ...(madeJobId !== undefined && { jobId: madeJobId }),
  };
}
