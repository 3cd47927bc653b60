import type { RateLimit } from '../http/rate-limit.ts';
import type { HttpServer } from '../http/server.ts';
import type { StaticSite } from '../http/static.ts';
import type { Accounts } from '../identity/accounts/accounts.ts';
import type { Invitations } from '../identity/accounts/invitations.ts';
import type { ApiKeys } from '../identity/api-keys/api-key.ts';
import type { AuditLog } from '../identity/audit/audit-log.ts';
import type { GithubKeys } from '../identity/leaks/github-report.ts';
import type { Leaks } from '../identity/leaks/revoke-leaked.ts';
import type { Receipts } from '../identity/nodes/receipt.ts';
import type { ObjectTokens } from '../identity/object-token.ts';
import type { SigningKeys } from '../identity/temporary-keys/signing-key.ts';
import type { TemporaryKeys } from '../identity/temporary-keys/temporary-key.ts';
import type { ManagementTokens } from '../identity/workspaces/admin-token.ts';
import type { ClientRefs } from '../identity/workspaces/client-ref.ts';
import type { OperatorTokens } from '../identity/workspaces/operator-token.ts';
import type { Projects } from '../identity/workspaces/project.ts';
import type { Workspaces } from '../identity/workspaces/workspace.ts';
import type { Erasures } from '../jobs/erase.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Realtime } from '../realtime/realtime.ts';
import type { UsageReports } from '../usage/report.ts';
import { addRouteGroups, type Route } from './add-routes.ts';
import { explainOwnRequest, explainRequest } from './audit/explain-request.ts';
import { listEntries, listOwnEntries } from './audit/list-entries.ts';
import { verifyLog } from './audit/verify-log.ts';
import { createJob } from './batch/create-job.ts';
import { deleteJob } from './batch/delete-job.ts';
import { getAlignment } from './batch/files/get-alignment.ts';
import { getData } from './batch/files/get-data.ts';
import { getObject } from './batch/files/get-object.ts';
import { getObjectUrls } from './batch/files/get-object-urls.ts';
import { getText } from './batch/files/get-text.ts';
import { getJob } from './batch/get-job.ts';
import { getLog } from './batch/get-log.ts';
import { getTranscript } from './batch/get-transcript.ts';
import { getUsage } from './batch/get-usage.ts';
import { listJobs } from './batch/list-jobs.ts';
import { getFeatures } from './discovery/get-features.ts';
import { getLive, getReady } from './discovery/get-health.ts';
import { getJwks } from './discovery/get-jwks.ts';
import { getMetrics, type MetricsPage } from './discovery/get-metrics.ts';
import { getOpenapi } from './discovery/get-openapi.ts';
import { createKey } from './management/create-key.ts';
import { getKey } from './management/get-key.ts';
import { listKeys } from './management/list-keys.ts';
import { revokeKey } from './management/revoke-key.ts';
import { rotateKey } from './management/rotate-key.ts';
import {
  createManagementToken,
  listManagementTokens,
  revokeManagementToken,
} from './operator/management-tokens.ts';
import { createOperatorToken, listOperatorTokens, revokeOperatorToken } from './operator/operator-tokens.ts';
import { allowPasswordReset, inviteToWorkspace } from './operator/people.ts';
import { revokeSigningKey } from './operator/revoke-signing-key.ts';
import { rotateSigningKey } from './operator/rotate-signing-key.ts';
import { changeWorkspace, createWorkspace, getWorkspace, listWorkspaces } from './operator/workspaces.ts';
import { getPage, redirectToPage } from './portal/get-page.ts';
import { endClientRef, eraseClientRef } from './projects/client-refs.ts';
import { createProject } from './projects/create-project.ts';
import { deleteProject } from './projects/delete-project.ts';
import { getProject } from './projects/get-project.ts';
import { listProjects } from './projects/list-projects.ts';
import { renameProject } from './projects/rename-project.ts';
import { LANGUAGE } from './realtime/languages.ts';
import { openSession } from './realtime/open-session.ts';
import { receiveGithub } from './secret-scanning/receive-github.ts';

/** What the routes of each role are made of: a node has those of its roles, and those of every node. */
export interface RouteDeps {
  readonly every: EveryNodeDeps;
  readonly api: ApiDeps | undefined;
  readonly realtime: RealtimeDeps | undefined;
  readonly control: ControlDeps | undefined;
}

interface EveryNodeDeps {
  readonly metrics: { page(): Promise<MetricsPage> };
  readonly languages: readonly string[];
  readonly whyNotReady: () => Promise<string | undefined>;
  readonly isDegraded: () => boolean;
}

interface ApiDeps {
  readonly jobs: Jobs;
  readonly usage: UsageReports;
  readonly objectTokens: ObjectTokens;
  readonly objectLimit: RateLimit;
  readonly maxUploadBytes: number;
}

interface RealtimeDeps {
  readonly realtime: Realtime;
}

export interface ControlDeps {
  readonly apiKeys: ApiKeys;
  readonly projects: Projects;
  readonly clientRefs: ClientRefs;
  readonly workspaces: Workspaces;
  readonly managementTokens: ManagementTokens;
  readonly operatorTokens: OperatorTokens;
  readonly accounts: Accounts;
  readonly invitations: Invitations;
  /** Where people open the portal, when that is said. */
  readonly portalUrl: string | undefined;
  readonly receipts: Receipts;
  readonly erasures: Erasures;
  readonly regions: readonly string[];
  readonly temporaryKeys: TemporaryKeys;
  readonly signingKeys: SigningKeys;
  readonly audit: AuditLog;
  readonly leaks: Leaks;
  readonly githubKeys: GithubKeys | undefined;
  readonly maxTtlSeconds: number;
  /** The portal; `undefined` when it was not built. */
  readonly site: StaticSite | undefined;
}

const ofEveryNode = (deps: EveryNodeDeps, app: HttpServer): readonly Route[] => [
  ['GET', '/v1/discovery/features', 'public', 'none', getFeatures(deps)],
  ['GET', '/health/live', 'public', 'none', getLive()],
  ['GET', '/health/ready', 'public', 'none', getReady(deps)],
  ['GET', '/metrics', 'operator:manage', 'none', getMetrics(deps)],
  ['GET', '/openapi.json', 'public', 'none', getOpenapi(app)],
];

const ofApi = (deps: ApiDeps): readonly Route[] => [
  ['POST', '/v2/jobs', 'jobs:create', 'submit', createJob(deps)],
  ['GET', '/v2/jobs', 'jobs:read', 'read', listJobs(deps)],
  ['GET', '/v2/jobs/:jobid', 'jobs:read', 'read', getJob(deps)],
  ['GET', '/v2/jobs/:jobid/transcript', 'jobs:read', 'read', getTranscript(deps)],
  ['GET', '/v2/jobs/:jobid/data', 'jobs:read', 'read', getData(deps)],
  ['GET', '/v2/jobs/:jobid/text', 'jobs:read', 'read', getText(deps)],
  ['GET', '/v2/jobs/:jobid/alignment', 'jobs:read', 'read', getAlignment(deps)],
  ['GET', '/v2/jobs/:jobid/log', 'jobs:read', 'read', getLog(deps)],
  ['GET', '/v2/jobs/:jobid/object-urls', 'jobs:read', 'read', getObjectUrls(deps)],
  ['DELETE', '/v2/jobs/:jobid', 'jobs:delete', 'read', deleteJob(deps)],
  ['GET', '/objects/:token', 'public', 'none', getObject(deps)],
  ['GET', '/v2/usage', 'usage:read', 'read', getUsage(deps)],
];

const ofRealtime = (deps: RealtimeDeps): readonly Route[] => [
  // Older clients add the language to the path, those of containers know no version.
  ['GET', '/v2', 'sessions:open', 'none', openSession(deps)],
  ['GET', `/v2/${LANGUAGE}`, 'sessions:open', 'none', openSession(deps)],
  ['GET', '/', 'sessions:open', 'none', openSession(deps)],
  ['GET', `/${LANGUAGE}`, 'sessions:open', 'none', openSession(deps)],
];

const ofControl = (deps: ControlDeps): readonly Route[] => [
  // The temporary-key clients write the path with an underscore, the management specification with a hyphen.
  ['POST', '/v1/api_keys', 'keys:create', 'mint', createKey(deps)],
  ['POST', '/v1/api-keys', 'keys:create', 'mint', createKey(deps)],
  ['GET', '/v1/api_keys', 'api-keys:view', 'none', listKeys(deps)],
  ['GET', '/v1/api-keys', 'api-keys:view', 'none', listKeys(deps)],
  ['GET', '/v1/api_keys/:apikey_id', 'api-keys:view', 'none', getKey(deps)],
  ['GET', '/v1/api-keys/:apikey_id', 'api-keys:view', 'none', getKey(deps)],
  ['POST', '/v1/api_keys/:apikey_id/rotate', 'api-keys:rotate', 'none', rotateKey(deps)],
  ['POST', '/v1/api-keys/:apikey_id/rotate', 'api-keys:rotate', 'none', rotateKey(deps)],
  ['DELETE', '/v1/api_keys/:apikey_id', 'api-keys:delete', 'none', revokeKey(deps)],
  ['DELETE', '/v1/api-keys/:apikey_id', 'api-keys:delete', 'none', revokeKey(deps)],

  ['GET', '/v1/projects', 'projects:view', 'none', listProjects(deps)],
  ['POST', '/v1/projects', 'projects:manage', 'none', createProject(deps)],
  ['GET', '/v1/projects/:project_id', 'projects:view', 'none', getProject(deps)],
  ['PUT', '/v1/projects/:project_id', 'projects:manage', 'none', renameProject(deps)],
  ['DELETE', '/v1/projects/:project_id', 'projects:manage', 'none', deleteProject(deps)],
  [
    'POST',
    '/v1/projects/:project_id/client-refs/:client_ref/end',
    'projects:manage',
    'none',
    endClientRef(deps),
  ],
  [
    'DELETE',
    '/v1/projects/:project_id/client-refs/:client_ref',
    'projects:manage',
    'none',
    eraseClientRef(deps),
  ],

  ['GET', '/v1/operator/workspaces', 'operator:manage', 'none', listWorkspaces(deps)],
  ['POST', '/v1/operator/workspaces', 'operator:manage', 'none', createWorkspace(deps)],
  ['GET', '/v1/operator/workspaces/:workspace_id', 'operator:manage', 'none', getWorkspace(deps)],
  ['PATCH', '/v1/operator/workspaces/:workspace_id', 'operator:manage', 'none', changeWorkspace(deps)],
  [
    'GET',
    '/v1/operator/workspaces/:workspace_id/management-tokens',
    'operator:manage',
    'none',
    listManagementTokens(deps),
  ],
  [
    'POST',
    '/v1/operator/workspaces/:workspace_id/management-tokens',
    'operator:manage',
    'none',
    createManagementToken(deps),
  ],
  [
    'DELETE',
    '/v1/operator/workspaces/:workspace_id/management-tokens/:token_id',
    'operator:manage',
    'none',
    revokeManagementToken(deps),
  ],
  [
    'POST',
    '/v1/operator/workspaces/:workspace_id/invitations',
    'operator:manage',
    'none',
    inviteToWorkspace(deps),
  ],
  ['GET', '/v1/operator/tokens', 'operator:manage', 'none', listOperatorTokens(deps)],
  ['POST', '/v1/operator/tokens', 'operator:manage', 'none', createOperatorToken(deps)],
  ['DELETE', '/v1/operator/tokens/:token_id', 'operator:manage', 'none', revokeOperatorToken(deps)],
  ['POST', '/v1/operator/password-resets', 'operator:manage', 'none', allowPasswordReset(deps)],
  ['DELETE', '/v1/operator/signing-keys/:kid', 'operator:manage', 'none', revokeSigningKey(deps)],
  ['POST', '/v1/operator/signing-keys/rotate', 'operator:manage', 'none', rotateSigningKey(deps)],

  ['GET', '/v1/audit', 'audit:view', 'none', listOwnEntries(deps)],
  ['GET', '/v1/requests/:request_id', 'requests:explain', 'none', explainOwnRequest(deps)],
  ['GET', '/v1/operator/audit', 'operator:manage', 'none', listEntries(deps)],
  ['GET', '/v1/operator/audit/verify', 'operator:manage', 'none', verifyLog(deps)],
  ['GET', '/v1/operator/requests/:request_id', 'operator:manage', 'none', explainRequest(deps)],

  ['POST', '/v1/secret-scanning/github', 'public', 'none', receiveGithub(deps)],
  ['GET', '/.well-known/jwks.json', 'public', 'none', getJwks(deps)],

  ['GET', '/', 'public', 'none', redirectToPage()],
  ['GET', '/portal', 'public', 'none', getPage(deps.site)],
  ['GET', '/portal/*', 'public', 'none', getPage(deps.site)],
];

/** Every route of this node: whose role it is, who may call it, how often, and what answers. */
export function addRoutes(app: HttpServer, { every, api, realtime, control }: RouteDeps): void {
  // The path `/` is of two roles; what a path has under all of them it says when it is asked for another method.
  addRouteGroups(app, [
    ...(api ? [{ role: 'api', routes: ofApi(api) } as const] : []),
    ...(realtime ? [{ role: 'realtime', routes: ofRealtime(realtime) } as const] : []),
    ...(control ? [{ role: 'control', routes: ofControl(control) } as const] : []),
    { role: 'every', routes: ofEveryNode(every, app) },
  ]);
}
