import type { FastifyRequest } from 'fastify';
import type { AppError } from '../../errors/app-error.ts';
import type { Actor } from '../../identity/audit/event.ts';
import type { RefusedKey } from '../../identity/audit/tally.ts';
import type { Action } from '../../identity/authorize.ts';
import { isProjectPrincipal } from '../../identity/authorize.ts';
import type { Principal, ProjectPrincipal } from '../../identity/principal.ts';
import type { Environment } from '../../regions/topology.ts';

/** Who may use a route: everybody, or whoever may do the action. Every route says one; there is no default. */
export type Access = 'public' | Action;

/** Requests that share a rate. */
export type RateClass = 'submit' | 'read' | 'mint';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    rate?: RateClass;
    /** A WebSocket of the Real-Time API: a genuine caller who may not is told in the session. */
    upgrade?: true;
  }
  interface FastifyRequest {
    /** Set by the guards on every route that is not public. */
    principal: Principal | undefined;
    /** Set by the guards on routes of the Batch and the Real-Time API. */
    environment: Environment | undefined;
    /** Set by the guards on WebSockets: why the caller may not. */
    deferredRefusal: AppError | undefined;
    /** Set by the guards when a credential was refused and it is known which key it was. */
    refusedKey: RefusedKey;
  }
}

/** The caller on a route for callers of a project; the guards have made sure of it. */
export function projectPrincipal(request: FastifyRequest): ProjectPrincipal {
  if (!request.principal || !isProjectPrincipal(request.principal)) {
    throw new TypeError('the route has no guard for callers of a project');
  }
  return request.principal;
}

/** The caller as the audit log names it. */
export function actorOf({ principal, id, ip }: FastifyRequest): Actor {
  if (!principal) throw new TypeError('the route has no guard');
  const own = isProjectPrincipal(principal) ? principal.keyId : principal.tokenId;
  return { kind: principal.kind, id: own, requestId: id, address: ip };
}

/** The principal of a workspace's administration, likewise. */
export function workspaceId(request: FastifyRequest): string {
  if (request.principal?.kind !== 'management-token')
    throw new TypeError('the route has no guard for management');
  return request.principal.workspaceId;
}
