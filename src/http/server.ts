import type { ServerResponse } from 'node:http';
import swagger from '@fastify/swagger';
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { TSchema } from 'typebox';
import { newRequestId } from '../base/ids.ts';
import { type Logger, unredacted } from '../base/log.ts';
import { actRarely } from '../base/rarely.ts';
import { AppError } from '../errors/app-error.ts';
import { harden, SERVER_OPTIONS, TLS_SERVER_OPTIONS } from './connections/listen.ts';
import { lingerOnUnreadBody } from './connections/unread-body.ts';
import type { HttpServer } from './http-server.ts';
import { parseQuery } from './query.ts';
import { replyError } from './reply-error.ts';
import { normaliseTarget } from './url.ts';
import { validatorCompiler } from './validation.ts';
import { addWebSockets } from './websocket.ts';

export type { HttpServer };

export interface HttpServerOptions {
  readonly log: Logger;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Addresses or ranges whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: readonly string[];
  /** Whether an error means that something the server needs is away for the moment. */
  readonly isUnavailable: (error: unknown) => boolean;
  readonly openapi: { readonly title: string; readonly version: string; readonly description: string };
}

declare module 'fastify' {
  interface FastifySchema {
    /** A body that its handler reads, a form or signed text: for the description only, it is not checked. */
    form?: TSchema;
  }
  interface FastifyContextConfig {
    /** The body is handed over as the text that was sent, which a signature covers. */
    rawBody?: true;
    /** Only pages of this server may read the answer: its callers are known by a cookie. */
    sameOrigin?: true;
  }
}

const MAX_JSON_BYTES = 1_000_000;
const WARN_EVERY_MS = 1_000;

/** HTTP as every route shares it: request ids, errors as JSON, CORS, validation, access log. It knows no routes. */
export async function createHttpServer({
  log,
  tls,
  trustedProxies,
  isUnavailable,
  openapi,
}: HttpServerOptions): Promise<HttpServer> {
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    // The built-in lines would hold the URL, and with it tokens in the query.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newRequestId,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    rewriteUrl: ({ url = '/' }) => normaliseTarget(url),
    routerOptions: {
      ignoreTrailingSlash: true,
      querystringParser: parseQuery,
      // As long as a request head may be: a long parameter is an unknown id, not another kind of error.
      maxParamLength: 20_000,
    },
    bodyLimit: MAX_JSON_BYTES,
    http: SERVER_OPTIONS,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => void replyError(error, request, reply),
    ...(tls && { https: { ...tls, ...TLS_SERVER_OPTIONS } }),
  }) as unknown as HttpServer;

  app.setValidatorCompiler(validatorCompiler);
  // Response schemas are documentation: what a handler returns is what is sent.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  const warnOfCause = actRarely(WARN_EVERY_MS, tellCause);
  app.setErrorHandler<FastifyError | AppError>((error, request, reply) => {
    const away = () => new AppError('unavailable', { retryAfterSeconds: 1, cause: error });
    const known = isUnavailable(error) ? away() : error;
    if (known.code === 'unavailable' && known.cause) warnOfCause(request.log, known.cause as Error);
    return replyError(known, request, reply);
  });
  addBodyParsers(app);
  // First, because what its hooks have not seen is not closed by them.
  await addWebSockets(app);
  addHooks(app, log);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: openapi,
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          portalSession: { type: 'apiKey', in: 'cookie', name: 'parley.session_token' },
        },
      },
    },
    transform: ({ schema, url }) => ({
      schema: schema?.form ? { ...schema, body: schema.form } : schema,
      url,
    }),
  });
  harden(app.server, app.routing);
  return app;
}

/** What a part that is away has said itself: a full disk, a pool without connections. Several attempts in one say nothing. */
const tellCause = (log: FastifyBaseLogger, { message, code }: NodeJS.ErrnoException): void =>
  log.warn({ reason: message || code }, 'unavailable');

/** JSON whatever the label says: clients send `application/json` on requests without a body, and none on ones with. */
function addBodyParsers(app: HttpServer): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body: string, done) => {
    if (request.routeOptions.config.rawBody) done(null, body);
    else if (body.trim() === '') done(null, undefined);
    else parse(request, body, done);
  });
}

/** Written with callbacks: as promises, hooks that every request passes would cost it several µs. */
function addHooks(app: HttpServer, log: Logger): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers({ 'request-id': request.id, ...HEADERS });
    if (!request.routeOptions.config.sameOrigin) reply.headers(CORS);
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      done(new AppError('malformed_request', { detail: 'the Host header is missing' }));
    } else if (request.method === 'OPTIONS') reply.headers(PREFLIGHT).code(204).send();
    else done();
  });
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (lingerOnUnreadBody(request.raw)) reply.header('connection', 'close');
    done();
  });
  const accessLog = unredacted(log);
  app.addHook('onResponse', (request, reply, done) => {
    accessLog.info(accessLine(request, reply), 'request');
    done();
  });
}

const HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Any page may call: what it may do is decided by the key it holds, and there are no cookies to ride on. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Request-Id, Retry-After',
};

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers':
    'Authorization, Content-Type, X-Request-Id, X-SM-EAR-Tag, X-SM-Processing-Data, X-SM-Retries',
  'access-control-max-age': '86400',
};

/** The route, never the URL: ids of jobs are fine in a log, tokens in a query are not. */
const accessLine = (request: FastifyRequest, reply: FastifyReply) => ({
  reqId: request.id,
  method: request.method,
  route: request.routeOptions.url ?? 'none',
  client: request.ip,
  status: reply.statusCode,
  ms: Math.round(reply.elapsedTime),
});

/** Tells a client that asked before sending its body to go on. Call it when a request has passed its guards. */
export function allowBody(request: FastifyRequest, response: ServerResponse): void {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
}
