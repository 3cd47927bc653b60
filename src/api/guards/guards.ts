import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../base/clock.ts';
import type { Rate } from '../../base/option.ts';
import { AppError } from '../../errors/app-error.ts';
import { createRateLimit } from '../../http/rate-limit.ts';
import { allowBody, type HttpServer } from '../../http/server.ts';
import { decodedPath } from '../../http/url.ts';
import type { Authenticate } from '../../identity/authenticate.ts';
import { admit, authorize, isProjectPrincipal } from '../../identity/authorize.ts';
import type { Principal } from '../../identity/principal.ts';
import type { Topology } from '../../regions/topology.ts';
import type { Access, RateClass } from './access.ts';

interface Deps {
  readonly authenticate: Authenticate;
  readonly topology: Topology;
  readonly clock: Clock;
  readonly rates: Readonly<Record<RateClass, Rate>>;
  readonly supportContact: string;
  /** The environment of a port that belongs to one; `undefined` for the common port. */
  readonly environmentOfPort: (port: number | undefined) => string | undefined;
}

const BEARER = /^Bearer +([^\s]+)$/i;
/** Longer than any credential we issue; anything longer is refused unread. */
const MAX_CREDENTIAL_LENGTH = 5_000;

/**
 * Authentication, authorisation, admission and rate, in this order, before the body is read. A path that does not
 * exist under `/v1` or `/v2` is guarded too: without a credential nobody learns which paths there are.
 */
export function installGuards(app: HttpServer, deps: Deps): void {
  const limits = {
    submit: createRateLimit(deps.rates.submit, deps.clock),
    read: createRateLimit(deps.rates.read, deps.clock),
    mint: createRateLimit(deps.rates.mint, deps.clock),
  };

  async function guard(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const access = accessOf(request);
    if (access !== 'public') {
      const principal = await identify(deps.authenticate, request);
      request.principal = principal;
      if (access !== 'unknown path') authorize(principal, access);
      if (isProjectPrincipal(principal) && request.routeOptions.url?.startsWith('/v2/')) {
        const name = deps.environmentOfPort(request.socket.localPort);
        const endpoint = deps.topology.endpointFor('batch', request.host, name);
        admit(principal, endpoint, deps.supportContact);
        request.environment = endpoint.environment;
      }
      const { rate } = request.routeOptions.config;
      if (rate && isProjectPrincipal(principal)) limits[rate].spend(principal.keyId);
    }
    allowBody(request, reply.raw);
  }

  app.decorateRequest('principal', undefined);
  app.decorateRequest('environment', undefined);
  app.addHook('onRoute', ({ url, method, config }) => {
    if (config?.access === undefined) throw new TypeError(`${method} ${url} does not say who may call it`);
  });
  app.addHook('onRequest', guard);
  app.setNotFoundHandler(async () => {
    throw new AppError('not_found');
  });
}

function accessOf(request: FastifyRequest): Access | 'unknown path' {
  const { access } = request.routeOptions.config;
  if (access !== undefined) return access;
  return /^\/v[12](\/|$)/.test(decodedPath(request.url)) ? 'unknown path' : 'public';
}

/** Throws the one 401 for whatever is not accepted; why is in the log, under the request id. */
async function identify(authenticate: Authenticate, request: FastifyRequest): Promise<Principal> {
  const credential = credentialOf(request);
  const result = credential === undefined ? { refused: 'missing' } : await authenticate(credential);
  if ('principal' in result) return result.principal;
  request.log.info({ reason: result.refused }, 'credential refused');
  throw new AppError('unauthenticated');
}

function credentialOf(request: FastifyRequest): string | undefined {
  const { authorization } = request.headers;
  if (authorization === undefined || authorization.length > MAX_CREDENTIAL_LENGTH) return undefined;
  // Two credentials are ambiguous: what stands in front of us may have checked the other one.
  if ((request.raw.headersDistinct.authorization?.length ?? 0) > 1) return undefined;
  return BEARER.exec(authorization)?.[1];
}
