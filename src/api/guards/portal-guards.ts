import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../base/clock.ts';
import type { Rate } from '../../base/option.ts';
import { AppError } from '../../errors/app-error.ts';
import { createRateLimit, spend } from '../../http/rate-limit.ts';
import { allowBody, type HttpServer } from '../../http/server.ts';
import type { Accounts, SignedIn } from '../../identity/accounts/accounts.ts';
import type { Members } from '../../identity/accounts/members.ts';
import { type Action, authorize } from '../../identity/authorize.ts';
import type { AccountPrincipal } from '../../identity/principal.ts';
import { workspaceIdIn } from '../operator/workspace-details.ts';
import { browserOf } from './access.ts';

export interface PortalGuardDeps {
  readonly accounts: Accounts;
  readonly members: Members;
  readonly clock: Clock;
  /** Of one account, for all requests to the portal. */
  readonly portalRate: Rate;
  /** Where people open the portal, when that is said. */
  readonly portalUrl: string | undefined;
}

/**
 * The guards of the portal's API, apart from those of everything else: a session cookie opens these routes and no
 * others, and no key opens them. Install them on a scope that holds only routes of the portal.
 */
export function installPortalGuards(scope: HttpServer, deps: PortalGuardDeps): void {
  const perAccount = createRateLimit(deps.portalRate, deps.clock);

  async function guard(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const access = request.routeOptions.config.portal;
    if (access === undefined) throw new TypeError('a route of the portal does not say who may call it');
    reply.headers(HEADERS);
    if (access !== 'provider') refuseOtherSites(request, deps.portalUrl);
    if (access !== 'visitor' && access !== 'provider') {
      const found = await deps.accounts.find(browserOf(request));
      if (!found) throw new AppError('unauthenticated', { reason: 'missing' });
      // The answer to whatever is asked may prolong the session.
      if (found.setCookies.length > 0) reply.header('set-cookie', [...found.setCookies]);
      spend([[perAccount, found.account.accountId]]);
      request.signedIn = found;
      if (access !== 'account') request.principal = await principalIn(request, found, access);
    }
    allowBody(request, reply.raw);
  }

  /** The person as a member of the workspace in the path; a workspace of others is as unknown as none. */
  async function principalIn(
    request: FastifyRequest,
    { account: { accountId } }: SignedIn,
    action: Action,
  ): Promise<AccountPrincipal> {
    const workspaceId = workspaceIdIn(request);
    const role = await deps.members.roleOf(accountId, workspaceId);
    if (!role) throw new AppError('not_found', { detail: 'workspace not found' });
    const principal = { kind: 'account', accountId, workspaceId, role } as const;
    authorize(principal, action);
    return principal;
  }

  scope.addHook('onRequest', guard);
}

/** Nothing of this is for other sites, not even to look at. */
const HEADERS = {
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

const SAFE_METHODS = ['GET', 'HEAD'];

/**
 * A browser says which page a request comes from, and no page can make it say otherwise. The cookie is `SameSite`
 * besides, but to a browser other ports of this host are the same site.
 */
function refuseOtherSites({ method, headers, host }: FastifyRequest, portalUrl: string | undefined): void {
  const { origin, 'sec-fetch-site': site } = headers;
  const from = origin === undefined ? undefined : hostOf(origin);
  const isOurs = from !== undefined && (from === host || from === hostOf(portalUrl ?? ''));
  const isOwnPage = origin === undefined ? site === 'same-origin' : isOurs;
  const isNoPage = site === undefined || site === 'none';
  const isForeign = site === 'cross-site' || site === 'same-site';
  if (!isForeign && (isOwnPage || (isNoPage && origin === undefined && SAFE_METHODS.includes(method))))
    return;
  throw new AppError('forbidden', { detail: 'the portal answers its own pages only' });
}

/** An opaque origin (`null`) has none. */
const hostOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).host : undefined);
