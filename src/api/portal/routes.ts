import { type TObject, Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import type { HttpServer } from '../../http/server.ts';
import type { Devices } from '../../identity/accounts/devices.ts';
import type { Invitations } from '../../identity/accounts/invitations.ts';
import type { PortalKeys } from '../../identity/accounts/portal-key.ts';
import type { InspectKey } from '../../identity/inspect.ts';
import type { NodeList } from '../../identity/nodes/list.ts';
import type { UsageBreakdowns } from '../../usage/breakdown.ts';
import type { Consumptions } from '../../usage/consumption.ts';
import type { Unit } from '../add-routes.ts';
import { explainOwnRequest } from '../audit/explain-request.ts';
import { listOwnEntries } from '../audit/list-entries.ts';
import { verifyLog } from '../audit/verify-log.ts';
import type { PortalAccess } from '../guards/access.ts';
import { installPortalGuards, type PortalGuardDeps } from '../guards/portal-guards.ts';
import { createKey } from '../management/create-key.ts';
import { getKey } from '../management/get-key.ts';
import { getReceipt } from '../management/get-receipt.ts';
import { listKeys } from '../management/list-keys.ts';
import { revokeKey } from '../management/revoke-key.ts';
import { rotateKey } from '../management/rotate-key.ts';
import {
  createManagementToken,
  listManagementTokens,
  revokeManagementToken,
} from '../operator/management-tokens.ts';
import { endClientRef, eraseClientRef } from '../projects/client-refs.ts';
import { createProject } from '../projects/create-project.ts';
import { deleteProject } from '../projects/delete-project.ts';
import { getProject } from '../projects/get-project.ts';
import { listProjects } from '../projects/list-projects.ts';
import { renameProject } from '../projects/rename-project.ts';
import { allAnswers, answers } from '../responses.ts';
import type { ControlDeps } from '../routes.ts';
import {
  changePassword,
  deleteAccount,
  listDevices,
  renameAccount,
  signOutDevice,
  signOutOtherDevices,
} from './account.ts';
import { type FollowingEnvironment, listEnvironments } from './environments.ts';
import {
  acceptInvitation,
  createInvitation,
  listInvitations,
  lookUpInvitation,
  revokeInvitation,
} from './invitations.ts';
import { changeMember, listMembers, removeMember } from './members.ts';
import { finishWithProvider, startWithProvider } from './provider.ts';
import { getSession, register, resetPassword, type SessionDeps, signIn, signOut } from './session.ts';
import { inspectTemporaryKey, mintInPortal } from './temporary-keys.ts';
import { getLimits, getWorkspaceUsage } from './usage.ts';
import { getOwnWorkspace, renameWorkspace } from './workspace.ts';

export interface PortalDeps extends ControlDeps, SessionDeps {
  readonly devices: Devices;
  readonly invitations: Invitations;
  readonly portalKeys: PortalKeys;
  readonly inspectKey: InspectKey;
  readonly nodeList: NodeList;
  readonly usageBreakdowns: UsageBreakdowns;
  readonly consumptions: Consumptions;
  readonly followingEnvironments: () => Promise<readonly FollowingEnvironment[]>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type PortalRoute = readonly [method: Method, path: string, access: PortalAccess, Unit];

/** Of the person who is signed in. */
const personal = (deps: PortalDeps): readonly PortalRoute[] => [
  ['GET', '/session', 'visitor', getSession(deps)],
  ['POST', '/sign-in', 'visitor', signIn(deps)],
  ['POST', '/register', 'visitor', register(deps)],
  ['POST', '/sign-in/oidc', 'visitor', startWithProvider(deps)],
  ['GET', '/callback/oidc', 'provider', finishWithProvider(deps)],
  ['POST', '/reset-password', 'visitor', resetPassword(deps)],
  ['POST', '/invitations/look-up', 'visitor', lookUpInvitation(deps)],

  ['POST', '/sign-out', 'account', signOut(deps)],
  ['POST', '/invitations/accept', 'account', acceptInvitation(deps)],
  ['PATCH', '/account', 'account', renameAccount(deps)],
  ['POST', '/account/password', 'account', changePassword(deps)],
  ['POST', '/account/delete', 'account', deleteAccount(deps)],
  ['GET', '/account/devices', 'account', listDevices(deps)],
  ['DELETE', '/account/devices/:device_id', 'account', signOutDevice(deps)],
  ['POST', '/account/devices/sign-out-others', 'account', signOutOtherDevices(deps)],
];

/** Of one workspace; who is not a member of it does not learn that it exists. */
const ofWorkspace = (deps: PortalDeps): readonly PortalRoute[] => [
  ['GET', '', 'workspace:view', getOwnWorkspace(deps)],
  ['PATCH', '', 'workspace:manage', renameWorkspace(deps)],

  ['GET', '/members', 'members:view', listMembers(deps)],
  ['PATCH', '/members/:account_id', 'members:manage', changeMember(deps)],
  ['DELETE', '/members/:account_id', 'members:view', removeMember(deps)],
  ['GET', '/invitations', 'members:manage', listInvitations(deps)],
  ['POST', '/invitations', 'members:manage', createInvitation(deps)],
  ['DELETE', '/invitations/:invitation_id', 'members:manage', revokeInvitation(deps)],

  ['GET', '/projects', 'projects:view', listProjects(deps)],
  ['POST', '/projects', 'projects:manage', createProject(deps)],
  ['GET', '/projects/:project_id', 'projects:view', getProject(deps)],
  ['PUT', '/projects/:project_id', 'projects:manage', renameProject(deps)],
  ['DELETE', '/projects/:project_id', 'projects:manage', deleteProject(deps)],
  ['POST', '/projects/:project_id/client-refs/:client_ref/end', 'projects:manage', endClientRef(deps)],
  ['DELETE', '/projects/:project_id/client-refs/:client_ref', 'projects:manage', eraseClientRef(deps)],

  ['GET', '/api-keys', 'api-keys:view', listKeys(deps)],
  ['POST', '/api-keys', 'keys:create', createKey(deps)],
  ['GET', '/api-keys/:apikey_id', 'api-keys:view', getKey(deps)],
  ['POST', '/api-keys/:apikey_id/rotate', 'api-keys:rotate', rotateKey(deps)],
  ['DELETE', '/api-keys/:apikey_id', 'api-keys:delete', revokeKey(deps)],
  ['GET', '/receipts/:version', 'workspace:view', getReceipt(deps)],

  ['POST', '/projects/:project_id/temporary-keys', 'temporary-keys:mint', mintInPortal(deps)],
  ['POST', '/temporary-keys/inspect', 'api-keys:view', inspectTemporaryKey(deps)],

  ['GET', '/management-tokens', 'tokens:manage', listManagementTokens(deps)],
  ['POST', '/management-tokens', 'tokens:manage', createManagementToken(deps)],
  ['DELETE', '/management-tokens/:token_id', 'tokens:manage', revokeManagementToken(deps)],

  ['GET', '/usage', 'workspace:view', getWorkspaceUsage(deps)],
  ['GET', '/limits', 'workspace:view', getLimits(deps)],
  ['GET', '/environments', 'workspace:view', listEnvironments(deps)],
  ['GET', '/audit', 'audit:view', listOwnEntries(deps)],
  ['GET', '/audit/verify', 'audit:view', verifyLog(deps)],
  ['GET', '/requests/:request_id', 'requests:explain', explainOwnRequest(deps)],
];

const PREFIX = '/portal/api';

/** Routes of the portal, in a scope with guards of their own. */
export function addPortalRoutes(app: HttpServer, deps: PortalDeps, guards: PortalGuardDeps): void {
  const workspace = ofWorkspace(deps).map(
    ([method, path, ...rest]): PortalRoute => [method, `/workspaces/:workspace_id${path}`, ...rest],
  );
  app.register(async (scope: HttpServer) => {
    installPortalGuards(scope, guards);
    for (const [method, path, access, { schema, handler }] of [...personal(deps), ...workspace]) {
      const security = access === 'visitor' || access === 'provider' ? [] : [{ portalSession: [] }];
      const response = answersOf(path, allAnswers({ method, access, schema: schema ?? {} }));
      scope.route({
        method,
        url: PREFIX + path,
        schema: { ...schema, ...paramsOf(path, schema), response, security },
        handler,
        config: { role: 'control', access: 'portal', portal: access, sameOrigin: true },
      });
    }
    // What is not there would be a page otherwise.
    for (const url of [PREFIX, `${PREFIX}/*`]) {
      scope.route({
        method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        url,
        schema: { hide: true },
        config: { role: 'control', access: 'portal', portal: 'visitor', sameOrigin: true },
        async handler() {
          throw new AppError('not_found');
        },
      });
    }
  });
}

/** What the guards answer besides: to pages of other sites, and to those who are not members. */
const answersOf = (path: string, own: ReturnType<typeof allAnswers>) =>
  answers(own, 'forbidden', ...(path.startsWith('/workspaces/') ? (['not_found'] as const) : []));

/** Units that know nothing of the workspace in the path get it described. */
function paramsOf(path: string, schema: Unit['schema']) {
  if (!path.startsWith('/workspaces/')) return {};
  const own = (schema?.params as TObject | undefined)?.properties;
  return { params: Type.Object({ workspace_id: Type.String(), ...own }) };
}
