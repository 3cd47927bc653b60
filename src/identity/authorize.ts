import { AppError } from '../errors/app-error.ts';
import type { Endpoint, Product, Topology } from '../regions/topology.ts';
import type { RefusalReason } from './audit/explain.ts';
import type { AccountPrincipal, Permission, Principal, ProjectPrincipal } from './principal.ts';

/** Everything a caller can ask for. A route names exactly one. */
export const ACTIONS = [
  'jobs:create',
  'jobs:read',
  'jobs:delete',
  'usage:read',
  'sessions:open',
  'keys:create',
  'api-keys:view',
  'api-keys:rotate',
  'api-keys:delete',
  'projects:view',
  'projects:manage',
  'audit:view',
  'requests:explain',
  'operator:manage',
  // Of the portal alone.
  'workspace:view',
  'workspace:manage',
  'members:view',
  'members:manage',
  'tokens:manage',
  'temporary-keys:mint',
] as const;
export type Action = (typeof ACTIONS)[number];

const PRODUCT_NAME: Readonly<Record<Product, string>> = { batch: 'Batch', rt: 'Real-Time' };

/**
 * Lets the principal do the action, or throws. A credential of the wrong kind is answered as if it were unknown
 * (401): what it opens elsewhere is nobody's business here. A credential of the right kind that may not is 403.
 */
export function authorize(principal: Principal, action: Action): void {
  if (principal.kind === 'account') {
    authorizeMember(principal, action);
    return;
  }
  switch (action) {
    case 'jobs:create':
    case 'jobs:read':
    case 'jobs:delete':
      requireProduct(principal, 'batch');
      break;
    case 'sessions:open':
      requireProduct(principal, 'rt');
      break;
    case 'usage:read':
      requireProduct(principal, 'batch');
      if (principal.clientRef !== undefined) {
        throw new AppError('forbidden', { detail: 'a key with a client_ref cannot see usage' });
      }
      break;
    case 'keys:create':
      // One path, two things: an API key mints a temporary key, a management token makes an API key.
      if (principal.kind !== 'api-key') requirePermission(principal, 'api-keys:create');
      break;
    case 'api-keys:view':
    case 'api-keys:delete':
    case 'projects:view':
    case 'projects:manage':
      requirePermission(principal, action);
      break;
    case 'api-keys:rotate':
      // It makes a key and ends one.
      requirePermission(principal, 'api-keys:create');
      requirePermission(principal, 'api-keys:delete');
      break;
    case 'audit:view':
      requirePermission(principal, 'projects:view');
      break;
    case 'requests:explain':
      requirePermission(principal, 'api-keys:view');
      break;
    case 'operator:manage':
      if (principal.kind !== 'operator-token') throw refused('wrong_kind');
      break;
    default:
      throw refused('wrong_kind');
  }
}

/** What a member of a workspace may do in the portal; an admin may do both. */
const MEMBER_ACTIONS: ReadonlySet<Action> = new Set([
  'workspace:view',
  'members:view',
  'projects:view',
  'api-keys:view',
  'keys:create',
  'api-keys:rotate',
  'api-keys:delete',
  'temporary-keys:mint',
  'requests:explain',
]);
const ADMIN_ACTIONS: ReadonlySet<Action> = new Set([
  'workspace:manage',
  'members:manage',
  'tokens:manage',
  'projects:manage',
  'audit:view',
]);

/** A person reaches the jobs and sessions of a workspace with a temporary key, like any customer: never directly. */
function authorizeMember({ role }: AccountPrincipal, action: Action): void {
  if (MEMBER_ACTIONS.has(action)) return;
  if (!ADMIN_ACTIONS.has(action)) throw refused('wrong_kind');
  if (role !== 'admin')
    throw new AppError('forbidden', { detail: 'only an admin of the workspace may do this' });
}

/** A key is valid in the regions it was made for; an endpoint admits the customer types it was set up for. */
export function admit(principal: ProjectPrincipal, endpoint: Endpoint, supportContact: string): void {
  if (!principal.regions.includes(endpoint.environment.region)) throw refused('wrong_region');
  if (!endpoint.admits.includes(principal.customerType)) {
    throw new AppError('forbidden', {
      reason: 'wrong_customer_type' satisfies RefusalReason,
      detail: `this endpoint is not available to ${principal.customerType} customers; contact ${supportContact}`,
    });
  }
}

/** What leads requests to nodes has led this one to those of another environment. */
export function requireServed(topology: Pick<Topology, 'serves'>, { environment: { name } }: Endpoint): void {
  if (topology.serves(name)) return;
  throw new AppError('forbidden', {
    reason: 'served_elsewhere' satisfies RefusalReason,
    detail: `${name} is served elsewhere; the address leads to the wrong nodes`,
  });
}

export function isProjectPrincipal(principal: Principal): principal is ProjectPrincipal {
  return principal.kind === 'api-key' || principal.kind === 'temporary-key';
}

function requireProduct(principal: Principal, product: Product): asserts principal is ProjectPrincipal {
  if (!isProjectPrincipal(principal)) throw refused('wrong_kind');
  if (principal.product !== undefined && principal.product !== product) {
    throw new AppError('forbidden', {
      detail: `a temporary key of type ${principal.product} cannot use the ${PRODUCT_NAME[product]} API`,
    });
  }
}

function requirePermission(principal: Principal, permission: Permission): void {
  if (principal.kind === 'temporary-key') {
    throw new AppError('forbidden', { detail: 'a temporary key cannot create or manage keys' });
  }
  if (principal.kind !== 'management-token') throw refused('wrong_kind');
  if (!principal.permissions.includes(permission)) {
    throw new AppError('forbidden', { detail: `this management token lacks the permission ${permission}` });
  }
}

/** For the owner's eyes: the caller is told no more than one whose credential is unknown. */
const refused = (reason: RefusalReason): AppError => new AppError('unauthenticated', { reason });
