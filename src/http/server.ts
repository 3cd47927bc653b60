import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import multipart from '@fastify/multipart';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { TSchema } from 'typebox';
import { newRequestId } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import { AppError } from '../errors/app-error.ts';
import { parseQuery } from './query.ts';
import { errorBody, replyError, STATUS } from './reply-error.ts';
import { discardUnreadBody } from './unread-body.ts';
import { validatorCompiler } from './validation.ts';

export type HttpServer = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface HttpServerOptions {
  readonly log: Logger;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Addresses or ranges whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: readonly string[];
  readonly openapi: { readonly title: string; readonly version: string; readonly description: string };
}

declare module 'fastify' {
  interface FastifySchema {
    /** The parts of a form, for the description only: they are read as streams, not checked as a body. */
    form?: TSchema;
  }
}

const MAX_JSON_BYTES = 1_000_000;
/** Longer than the longest wait a client may ask for. */
const IDLE_MS = 120_000;
const HEADERS_MS = 15_000;

/** HTTP as every route shares it: request ids, errors as JSON, CORS, validation, access log. It knows no routes. */
export async function createHttpServer({
  log,
  tls,
  trustedProxies,
  openapi,
}: HttpServerOptions): Promise<HttpServer> {
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    // The built-in lines would hold the URL, and with it tokens in the query.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newRequestId,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    routerOptions: { ignoreTrailingSlash: true, querystringParser: parseQuery, maxParamLength: 200 },
    bodyLimit: MAX_JSON_BYTES,
    connectionTimeout: IDLE_MS,
    requestTimeout: 0,
    http: { headersTimeout: HEADERS_MS },
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => void replyError(error, request, reply),
    clientErrorHandler: (error, socket) => {
      if (socket.writable) socket.end(rawError(error));
    },
    ...(tls && { https: tls }),
  }) as unknown as HttpServer;

  app.setValidatorCompiler(validatorCompiler);
  // Response schemas are documentation: what a handler returns is what is sent.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(replyError);
  addBodyParsers(app);
  addHooks(app);
  await app.register(multipart, { throwFileSizeLimit: false });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: openapi,
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    },
    transform: ({ schema, url }) => ({
      schema: schema?.form ? { ...schema, body: schema.form } : schema,
      url,
    }),
  });
  answerExpectations(app);
  return app;
}

/** JSON whatever the label says: clients send `application/json` on requests without a body, and none on ones with. */
function addBodyParsers(app: HttpServer): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body: string, done) => {
    if (body.trim() === '') done(null, undefined);
    else parse(request, body, done);
  });
}

function addHooks(app: HttpServer): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'request-id': request.id,
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'Request-Id, Retry-After',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    if (request.method === 'OPTIONS') return reply.headers(PREFLIGHT).code(204).send();
  });
  app.addHook('onSend', async (request) => discardUnreadBody(request.raw));
  app.addHook('onResponse', async (request, reply) => {
    request.log.info(
      { ...accessLine(request), status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request',
    );
  });
}

/** Any page may call: what it may do is decided by the key it holds, and there are no cookies to ride on. */
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, PUT, DELETE',
  'access-control-allow-headers':
    'Authorization, Content-Type, X-Request-Id, X-SM-EAR-Tag, X-SM-Processing-Data, X-SM-Retries',
  'access-control-max-age': '86400',
};

/** The route, never the URL: ids of jobs are fine in a log, tokens in a query are not. */
const accessLine = (request: FastifyRequest) => ({
  method: request.method,
  route: request.routeOptions.url ?? 'none',
  client: request.ip,
});

/**
 * `Expect: 100-continue`: whoever asks before sending a large body is told to go on only once the guards have let the
 * request through (`allowBody`), and otherwise gets the refusal alone.
 */
function answerExpectations(app: HttpServer): void {
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    app.routing(request, response),
  );
}

/** Call it when a request has passed its guards. */
export function allowBody(request: FastifyRequest, response: ServerResponse): void {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
}

/** An answer to bytes that are not HTTP. */
function rawError(error: NodeJS.ErrnoException): string {
  const code = error.code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'malformed_request';
  const known = new AppError(code, { detail: 'the request could not be parsed' });
  const body = JSON.stringify(errorBody(known, ''));
  const head = [
    `HTTP/1.1 ${STATUS[known.category]} ${code === 'malformed_request' ? 'Bad Request' : 'Request Header Fields Too Large'}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Request-Id: ${newRequestId()}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
