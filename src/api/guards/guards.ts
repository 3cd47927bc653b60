import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Rate } from '../../base/option.ts';
import { AppError } from '../../errors/app-error.ts';
import { createRateLimit } from '../../http/rate-limit.ts';
import { allowBody, type HttpServer } from '../../http/server.ts';
import { decodedPath } from '../../http/url.ts';
import type { LastUsed } from '../../identity/api-keys/last-used.ts';
import type { Refusals } from '../../identity/audit/refusals.ts';
import type { Authenticate, Authentication } from '../../identity/authenticate.ts';
import {
  type Action,
  admit,
  authorize,
  isProjectPrincipal,
  requireServed,
} from '../../identity/authorize.ts';
import type { ProjectPrincipal } from '../../identity/principal.ts';
import { admitRequest } from '../../identity/temporary-keys/limits.ts';
import type { Endpoint, Product, Topology } from '../../regions/topology.ts';
import type { Access } from './access.ts';
import { noteRefusal } from './note-refusal.ts';
import { createRates, type RateDeps } from './rates.ts';

interface Deps extends RateDeps {
  readonly authenticate: Authenticate;
  readonly refusals: Refusals;
  readonly lastUsed: LastUsed;
  /** Of one address, for requests that are answered 401. */
  readonly badCredentialRate: Rate;
  readonly topology: Topology;
  readonly supportContact: string;
  /** The environment of a port that belongs to one; `undefined` for the common port. */
  readonly environmentOfPort: (port: number | undefined) => string | undefined;
}

const BEARER = /^Bearer +([^\s]+)$/i;
/** Longer than any credential we issue; anything longer is refused unread. */
const MAX_CREDENTIAL_LENGTH = 5_000;

/**
 * Authentication, authorisation, admission (by endpoint and by the key's own limits) and rate, in this order, before
 * the body is read. A path that does not exist under `/v1` or `/v2` is guarded too: without a credential nobody learns
 * which paths there are.
 */
export function installGuards(app: HttpServer, deps: Deps): void {
  const spendRate = createRates(deps);
  const badCredentials = createRateLimit(deps.badCredentialRate, deps.clock);

  /** With callbacks, because most callers are known: then nothing waits. */
  function guard(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    let entering: Promise<void> | undefined;
    try {
      entering = enter(request);
    } catch (error) {
      refuse(request, reply, done, error);
      return;
    }
    if (entering) {
      entering.then(
        () => pass(request, reply, done),
        (error: unknown) => refuse(request, reply, done, error),
      );
    } else pass(request, reply, done);
  }

  function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    done: (error?: Error) => void,
    error: unknown,
  ): void {
    const answer = refusal(request, error);
    const isGenuine = request.principal && isProjectPrincipal(request.principal);
    if (!(isGenuine && request.routeOptions.config.upgrade && answer instanceof AppError)) {
      done(answer);
      return;
    }
    // A page sees nothing of an answer to an upgrade, so it is refused in the session.
    request.deferredRefusal = answer;
    pass(request, reply, done);
  }

  /** Throws, or rejects, when the request may not enter; a promise only when the caller has to be looked up. */
  function enter(request: FastifyRequest): Promise<void> | undefined {
    const access = accessOf(request);
    if (access === 'public' || access === 'portal') return undefined;
    const found = identify(request);
    if (found instanceof Promise) return found.then((result) => examine(request, access, result));
    examine(request, access, found);
    return undefined;
  }

  function identify(request: FastifyRequest): Authentication | Promise<Authentication> {
    const credential = credentialOf(request);
    return credential === undefined ? { refused: 'missing' } : deps.authenticate(credential);
  }

  /** Throws the one 401 for whatever is not accepted; why is in the log, under the request id. */
  function examine(request: FastifyRequest, access: Action | 'unknown path', result: Authentication): void {
    if ('refused' in result) {
      request.log.info({ reason: result.refused }, 'credential refused');
      request.refusedKey = result.key;
      throw new AppError('unauthenticated', { reason: result.refused });
    }
    const { principal } = result;
    request.principal = principal;
    const { url, config } = request.routeOptions;
    const product = config.upgrade ? 'rt' : url?.startsWith('/v2/') ? 'batch' : undefined;
    const endpoint = product && endpointOf(request, product);
    // Before anything is refused: who is told in the session is told it there.
    request.environment = endpoint?.environment;
    if (access !== 'unknown path') authorize(principal, access);
    if (!isProjectPrincipal(principal)) return;
    if (endpoint) admitToEndpoint(request, principal, endpoint);
    if (config.rate) spendRate(principal, config.rate);
    deps.lastUsed.note(request.environment?.name ?? 'control', principal.keyId);
  }

  function endpointOf(request: FastifyRequest, product: Product): Endpoint {
    const name = deps.environmentOfPort(request.socket.localPort);
    return deps.topology.endpointFor(product, request.host, name);
  }

  function admitToEndpoint(request: FastifyRequest, principal: ProjectPrincipal, endpoint: Endpoint): void {
    admit(principal, endpoint, deps.supportContact);
    requireServed(deps.topology, endpoint);
    if (!principal.limits) return;
    const { origin } = request.headers;
    admitRequest(principal.limits, { origin, address: request.ip, environment: endpoint.environment.name });
  }

  function refusal(request: FastifyRequest, error: unknown): Error {
    const answer = error instanceof AppError ? slowedDown(request, error) : (error as Error);
    if (answer instanceof AppError) noteRefusal(deps.refusals, request, answer);
    return answer;
  }

  /** An address that goes on with bad credentials is told to wait; good ones never come here. */
  function slowedDown(request: FastifyRequest, error: AppError): AppError {
    if (error.code !== 'unauthenticated') return error;
    const retryAfterSeconds = badCredentials.waitSeconds(request.ip);
    if (retryAfterSeconds > 0) {
      return new AppError('rate_limited', { retryAfterSeconds, reason: 'too_many_refused' });
    }
    badCredentials.take(request.ip);
    return error;
  }

  app.decorateRequest('principal', undefined);
  app.decorateRequest('signedIn', undefined);
  app.decorateRequest('environment', undefined);
  app.decorateRequest('refusedKey', undefined);
  app.decorateRequest('deferredRefusal', undefined);
  app.decorateRequest('traceParent', undefined);
  app.decorateRequest('madeJobId', undefined);
  app.addHook('onRoute', ({ url, method, config }) => {
    if (config?.access === undefined || (config.access === 'portal') !== (config.portal !== undefined)) {
      throw new TypeError(`${method} ${url} does not say who may call it`);
    }
    if (config.role === undefined) throw new TypeError(`${method} ${url} does not say whose role it is`);
  });
  app.addHook('onRequest', guard);
  app.setNotFoundHandler(async () => {
    throw new AppError('not_found');
  });
}

function pass(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  allowBody(request, reply.raw);
  done();
}

function accessOf(request: FastifyRequest): Access | 'unknown path' {
  const { access } = request.routeOptions.config;
  if (access !== undefined) return access;
  return /^\/v[12](\/|$)/.test(decodedPath(request.url)) ? 'unknown path' : 'public';
}

function credentialOf(request: FastifyRequest): string | undefined {
  const { authorization } = request.headers;
  // Two credentials are ambiguous: what stands in front of us may have checked the other one.
  if (timesGiven(request.raw.rawHeaders, 'authorization') > 1) return undefined;
  if (request.routeOptions.config.upgrade && isNoBearer(authorization)) return jwtOf(request.url);
  if (authorization === undefined || authorization.length > MAX_CREDENTIAL_LENGTH) return undefined;
  return BEARER.exec(authorization)?.[1];
}

/** The Python client writes `None` when it has no key. */
const isNoBearer = (authorization = ''): boolean =>
  /^(?:Bearer *)?$/i.test(authorization) || authorization === 'Bearer None';

/**
 * The temporary key in the URL of a WebSocket: a page has no other place for one. Other keys are not taken from there,
 * because URLs end up in logs. The Rust client appends its own parameters with a second question mark.
 */
function jwtOf(url: string): string | undefined {
  const [, query] = /^[^?#]*\?([^#]*)/.exec(url) ?? [];
  const given = new URLSearchParams(query).getAll('jwt');
  const [jwt = ''] = given[0]?.split('?') ?? [];
  return given.length === 1 && jwt.startsWith('eyJ') && jwt.length <= MAX_CREDENTIAL_LENGTH ? jwt : undefined;
}

/** @param rawHeaders names and values by turns, as they came */
function timesGiven(rawHeaders: readonly string[], name: string): number {
  let times = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index] ?? '';
    if (given.length === name.length && given.toLowerCase() === name) times += 1;
  }
  return times;
}
