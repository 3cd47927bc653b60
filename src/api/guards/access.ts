import type { FastifyRequest } from 'fastify';
import type { AppError } from '../../errors/app-error.ts';
import type { Browser, SignedIn } from '../../identity/accounts/accounts.ts';
import type { Actor } from '../../identity/audit/event.ts';
import type { RefusedKey } from '../../identity/audit/tally.ts';
import type { Action } from '../../identity/authorize.ts';
import { isProjectPrincipal } from '../../identity/authorize.ts';
import type { NodeRole } from '../../identity/nodes/roles.ts';
import type { Principal, ProjectPrincipal } from '../../identity/principal.ts';
import type { Environment } from '../../regions/topology.ts';

/**
 * Who may use a route: everybody, whoever may do the action, or whom the guards of the portal let in. Every route says
 * one; there is no default.
 */
export type Access = 'public' | 'portal' | Action;

/**
 * Who may use a route of the portal: everybody, browsers that a provider sends back, whoever is signed in, or members
 * of the workspace in the path.
 */
export type PortalAccess = 'visitor' | 'provider' | 'account' | Action;

/** Which nodes have a route: those of a role, or every one. Every route says so; there is no default. */
export type RouteRole = NodeRole | 'every';

/** Requests that share a rate. */
export type RateClass = 'submit' | 'read' | 'mint';

declare module 'fastify' {
  interface FastifyContextConfig {
    role?: RouteRole;
    access?: Access;
    rate?: RateClass;
    /** A WebSocket of the Real-Time API: a genuine caller who may not is told in the session. */
    upgrade?: true;
    /** A route of the portal's API, which has guards of its own. */
    portal?: PortalAccess;
  }
  interface FastifyRequest {
    /** Set by the guards on every route that is not public. */
    principal: Principal | undefined;
    /** Set by the guards of the portal on every route for those who are signed in. */
    signedIn: SignedIn | undefined;
    /** Set by the guards on routes of the Batch and the Real-Time API. */
    environment: Environment | undefined;
    /** Set by the guards on WebSockets: why the caller may not. */
    deferredRefusal: AppError | undefined;
    /** Set by the guards when a credential was refused and it is known which key it was. */
    refusedKey: RefusedKey;
    /** Set where requests are traced: `traceparent` of a proxy that is trusted with it. */
    traceParent: string | undefined;
    /** Set by the handler that has made a job. */
    madeJobId: string | undefined;
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
  return { kind: principal.kind, id: idOf(principal), requestId: id, address: ip };
}

function idOf(principal: Principal): string {
  if (isProjectPrincipal(principal)) return principal.keyId;
  return principal.kind === 'account' ? principal.accountId : principal.tokenId;
}

/** The workspace of a caller that administers one, by a management token or in the portal, likewise. */
export function workspaceId({ principal }: FastifyRequest): string {
  if (principal?.kind !== 'management-token' && principal?.kind !== 'account')
    throw new TypeError('the route has no guard for management');
  return principal.workspaceId;
}

/** Who is signed in, on a route of the portal for those who are. */
export function signedIn(request: FastifyRequest): SignedIn {
  if (!request.signedIn) throw new TypeError('the route has no guard for accounts');
  return request.signedIn;
}

/** The person as the audit log names them. */
export const personOf = (request: FastifyRequest): Actor => ({
  kind: 'account',
  id: signedIn(request).account.accountId,
  requestId: request.id,
  address: request.ip,
});

/** The browser a request to the portal comes from. */
export const browserOf = ({ headers, ip }: FastifyRequest): Browser => ({
  cookie: headers.cookie,
  userAgent: headers['user-agent'],
  address: ip,
});
