import { AppError } from '../errors/app-error.ts';
import type { Endpoint, Product } from '../regions/topology.ts';
import type { Permission, Principal, ProjectPrincipal } from './principal.ts';

/** Everything a caller can ask for. A route names exactly one. */
export const ACTIONS = [
  'jobs:create',
  'jobs:read',
  'jobs:delete',
  'keys:create',
  'api-keys:view',
  'api-keys:delete',
  'operator:manage',
] as const;
export type Action = (typeof ACTIONS)[number];

const PRODUCT_NAME: Readonly<Record<Product, string>> = { batch: 'Batch', rt: 'Real-Time' };

/**
 * Lets the principal do the action, or throws. A credential of the wrong kind is answered as if it were unknown
 * (401): what it opens elsewhere is nobody's business here. A credential of the right kind that may not is 403.
 */
export function authorize(principal: Principal, action: Action): void {
  switch (action) {
    case 'jobs:create':
    case 'jobs:read':
    case 'jobs:delete':
      requireProduct(principal, 'batch');
      break;
    case 'keys:create':
      // One path, two things: an API key mints a temporary key, a management token makes an API key.
      if (principal.kind !== 'api-key') requirePermission(principal, 'api-keys:create');
      break;
    case 'api-keys:view':
    case 'api-keys:delete':
      requirePermission(principal, action);
      break;
    case 'operator:manage':
      if (principal.kind !== 'operator-token') throw new AppError('unauthenticated');
  }
}

/** A key is valid in the regions it was made for; an endpoint admits the customer types it was set up for. */
export function admit(principal: ProjectPrincipal, endpoint: Endpoint, supportContact: string): void {
  if (!principal.regions.includes(endpoint.environment.region)) throw new AppError('unauthenticated');
  if (!endpoint.admits.includes(principal.customerType)) {
    throw new AppError('forbidden', {
      detail: `this endpoint is not available to ${principal.customerType} customers; contact ${supportContact}`,
    });
  }
}

export function isProjectPrincipal(principal: Principal): principal is ProjectPrincipal {
  return principal.kind === 'api-key' || principal.kind === 'temporary-key';
}

function requireProduct(principal: Principal, product: Product): void {
  if (!isProjectPrincipal(principal)) throw new AppError('unauthenticated');
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
  if (principal.kind !== 'management-token') throw new AppError('unauthenticated');
  if (!principal.permissions.includes(permission)) {
    throw new AppError('forbidden', { detail: `this management token lacks the permission ${permission}` });
  }
}
