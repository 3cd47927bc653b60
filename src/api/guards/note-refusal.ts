import type { FastifyRequest } from 'fastify';
import type { AppError } from '../../errors/app-error.ts';
import { isRefusalReason, type RefusalReason } from '../../identity/audit/explain.ts';
import type { Refusals } from '../../identity/audit/refusals.ts';
import type { RefusedKey } from '../../identity/audit/tally.ts';
import { isProjectPrincipal } from '../../identity/authorize.ts';
import type { Principal } from '../../identity/principal.ts';

/** Refusals by their category, with the reason for those whose error names none. */
const REFUSALS: { readonly [category: string]: { status: number; reason: RefusalReason } | undefined } = {
  unauthenticated: { status: 401, reason: 'unknown' },
  forbidden: { status: 403, reason: 'not_permitted' },
  rate_limited: { status: 429, reason: 'rate_limited' },
};

/** Remembers why a request was refused; other errors are none of the guards' business. */
export function noteRefusal(refusals: Refusals, request: FastifyRequest, error: AppError): void {
  const key = request.principal ? keyOf(request.principal) : request.refusedKey;
  const known = REFUSALS[error.category];
  if (!known) return;
  refusals.note({
    requestId: request.id,
    method: request.method,
    route: request.routeOptions.url ?? 'none',
    status: known.status,
    reason: isRefusalReason(error.reason) ? error.reason : known.reason,
    address: request.ip,
    ...(key && { key: { keyId: key.keyId, workspaceId: key.workspaceId } }),
  });
}

function keyOf(principal: Principal): RefusedKey {
  if (isProjectPrincipal(principal)) return { keyId: principal.keyId, workspaceId: principal.workspaceId };
  if (principal.kind !== 'management-token') return undefined;
  return { keyId: principal.tokenId, workspaceId: principal.workspaceId };
}
