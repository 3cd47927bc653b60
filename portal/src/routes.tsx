import {
  type AnyRoute,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouteComponent,
} from '@tanstack/react-router';
import {
  auditSearch,
  createSearch,
  jobSearch,
  jobsSearch,
  signInSearch,
  temporaryKeysSearch,
  usageSearch,
  workspaceSearch,
} from './search.ts';
import { HomePage } from './shell/home-page.tsx';
import { NotFound, PageError, PageNotFound, PageSkeleton } from './shell/page-states.tsx';
import { Root } from './shell/root.tsx';
import { WorkspaceLayout } from './shell/workspace/workspace-layout.tsx';

const root = createRootRoute({ component: Root, notFoundComponent: NotFound });
const home = createRoute({ getParentRoute: () => root, path: '/', component: HomePage });

const signIn = createRoute({ getParentRoute: () => root, path: '/sign-in', validateSearch: signInSearch });
const register = createRoute({ getParentRoute: () => root, path: '/register', validateSearch: signInSearch });
const invitation = createRoute({ getParentRoute: () => root, path: '/invitation' });
const resetPassword = createRoute({ getParentRoute: () => root, path: '/reset-password' });
const account = createRoute({ getParentRoute: () => root, path: '/account' });

const workspace = createRoute({
  getParentRoute: () => root,
  path: '/workspaces/$workspaceId',
  validateSearch: workspaceSearch,
  component: WorkspaceLayout,
});
const inWorkspace = { getParentRoute: () => workspace };
const start = createRoute({ ...inWorkspace, path: '/' });
const jobs = createRoute({ ...inWorkspace, path: 'jobs', validateSearch: jobsSearch });
const job = createRoute({ ...inWorkspace, path: 'jobs/$jobId', validateSearch: jobSearch });
const live = createRoute({ ...inWorkspace, path: 'live' });
const apiKeys = createRoute({ ...inWorkspace, path: 'api-keys', validateSearch: createSearch });
const temporaryKeys = createRoute({
  ...inWorkspace,
  path: 'temporary-keys',
  validateSearch: temporaryKeysSearch,
});
const projects = createRoute({ ...inWorkspace, path: 'projects' });
const members = createRoute({ ...inWorkspace, path: 'members' });
const managementTokens = createRoute({ ...inWorkspace, path: 'management-tokens' });
const usage = createRoute({ ...inWorkspace, path: 'usage', validateSearch: usageSearch });
const environments = createRoute({ ...inWorkspace, path: 'environments' });
const audit = createRoute({ ...inWorkspace, path: 'audit', validateSearch: auditSearch });
const settings = createRoute({ ...inWorkspace, path: 'settings' });

/** Gives a route its page, whose code is fetched when it is first opened. */
function page<Name extends string>(
  route: AnyRoute,
  load: () => Promise<Record<Name, RouteComponent>>,
  name: Name,
): void {
  route.update({ component: lazyRouteComponent(load, name) });
}

page(signIn, () => import('./sign-in/sign-in-page.tsx'), 'SignInPage');
page(register, () => import('./sign-in/register-page.tsx'), 'RegisterPage');
page(invitation, () => import('./sign-in/invitation-page.tsx'), 'InvitationPage');
page(resetPassword, () => import('./sign-in/reset-password-page.tsx'), 'ResetPasswordPage');
page(account, () => import('./account/account-page.tsx'), 'AccountPage');
page(start, () => import('./start/start-page.tsx'), 'StartPage');
page(jobs, () => import('./jobs/jobs-page.tsx'), 'JobsPage');
page(job, () => import('./jobs/job-page.tsx'), 'JobPage');
page(live, () => import('./live/live-page.tsx'), 'LivePage');
page(apiKeys, () => import('./api-keys/api-keys-page.tsx'), 'ApiKeysPage');
page(temporaryKeys, () => import('./temporary-keys/temporary-keys-page.tsx'), 'TemporaryKeysPage');
page(projects, () => import('./projects/projects-page.tsx'), 'ProjectsPage');
page(members, () => import('./members/members-page.tsx'), 'MembersPage');
page(
  managementTokens,
  () => import('./management-tokens/management-tokens-page.tsx'),
  'ManagementTokensPage',
);
page(usage, () => import('./usage/usage-page.tsx'), 'UsagePage');
page(environments, () => import('./environments/environments-page.tsx'), 'EnvironmentsPage');
page(audit, () => import('./audit/audit-page.tsx'), 'AuditPage');
page(settings, () => import('./settings/settings-page.tsx'), 'SettingsPage');

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    signIn,
    register,
    invitation,
    resetPassword,
    account,
    workspace.addChildren([
      start,
      jobs,
      job,
      live,
      apiKeys,
      temporaryKeys,
      projects,
      members,
      managementTokens,
      usage,
      environments,
      audit,
      settings,
    ]),
  ]),
  basepath: '/portal',
  defaultPreload: 'intent',
  defaultPendingComponent: PageSkeleton,
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: PageNotFound,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
