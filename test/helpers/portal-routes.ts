import type { Address } from './api.ts';
import { describedOperations, type Operation } from './openapi.ts';
import { API, PASSWORD } from './portal.ts';

/** Who may use a route of the portal, from everybody to admins of the workspace in its path. */
export type Audience = 'visitor' | 'account' | 'member' | 'admin';

interface Route {
  readonly audience: Audience;
  /** A body that passes the schema, where one is taken. */
  readonly valid?: object;
}

const visitor = (valid?: object): Route => ({ audience: 'visitor', ...(valid && { valid }) });
const account = (valid?: object): Route => ({ audience: 'account', ...(valid && { valid }) });
const member = (valid?: object): Route => ({ audience: 'member', ...(valid && { valid }) });
const admin = (valid?: object): Route => ({ audience: 'admin', ...(valid && { valid }) });

const EMAIL = 'nobody@example.org';

/** Every route of the portal's API, below `/portal/api`; `*` stands for the workspace. */
const ROUTES: Readonly<Record<string, Route>> = {
  'GET /session': visitor(),
  'POST /sign-in': visitor({ email: EMAIL, password: PASSWORD }),
  'POST /sign-in/oidc': visitor({}),
  'POST /reset-password': visitor({ reset: 'x', new_password: PASSWORD }),
  'POST /register': visitor({ name: 'Nobody', email: EMAIL, password: PASSWORD }),
  'POST /invitations/look-up': visitor({ invitation: 'x' }),
  'POST /sign-out': account(),
  'POST /invitations/accept': account({ invitation: 'x' }),
  'PATCH /account': account({ name: 'Renamed' }),
  'POST /account/password': account({ current_password: 'not the one', new_password: PASSWORD }),
  'POST /account/delete': account({ password: 'not the one' }),
  'GET /account/devices': account(),
  'DELETE /account/devices/{device_id}': account(),
  'POST /account/devices/sign-out-others': account(),
  'GET *': member(),
  'PATCH *': admin({ name: 'Renamed' }),
  'GET */members': member(),
  'PATCH */members/{account_id}': admin({ role: 'admin' }),
  // Members too, for themselves.
  'DELETE */members/{account_id}': admin(),
  'GET */invitations': admin(),
  'POST */invitations': admin({ role: 'member' }),
  'DELETE */invitations/{invitation_id}': admin(),
  'GET */projects': member(),
  'POST */projects': admin({ name: 'New' }),
  'GET */projects/{project_id}': member(),
  'PUT */projects/{project_id}': admin({ name: 'Renamed' }),
  'DELETE */projects/{project_id}': admin(),
  'POST */projects/{project_id}/client-refs/{client_ref}/end': admin(),
  'DELETE */projects/{project_id}/client-refs/{client_ref}': admin(),
  'GET */api-keys': member(),
  'POST */api-keys': member({ project_id: 999_999, name: 'key' }),
  'GET */api-keys/{apikey_id}': member(),
  'POST */api-keys/{apikey_id}/rotate': member({}),
  'DELETE */api-keys/{apikey_id}': member(),
  'GET */receipts/{version}': member(),
  'POST */projects/{project_id}/temporary-keys': member({ ttl: 60 }),
  'POST */temporary-keys/inspect': member({ key_value: 'x' }),
  'GET */management-tokens': admin(),
  'POST */management-tokens': admin({ name: 'token', permissions: ['projects:view'] }),
  'DELETE */management-tokens/{token_id}': admin(),
  'GET */usage': member(),
  'GET */limits': member(),
  'GET */environments': member(),
  'GET */audit': admin(),
  'GET */audit/verify': admin(),
  'GET */requests/{request_id}': member(),
};

/** A described operation of the portal, with what a request to it needs. */
export interface PortalOperation extends Operation, Route {
  /** Below `/portal/api`, with ids filled in. */
  pathWith(ids: Readonly<Record<string, string>>): string;
}

/** Ids of nobody. */
export const UNKNOWN: Readonly<Record<string, string>> = {
  workspace_id: 'ws_0000000000000000',
  account_id: 'acc_0000000000000000',
  invitation_id: 'inv_0000000000000000',
  project_id: '2147483647',
  apikey_id: 'key_0000000000000000',
  token_id: 'tok_0000000000000000',
  device_id: '0'.repeat(22),
  client_ref: 'nobody',
  version: '1',
  request_id: '0'.repeat(32),
};

export const isOfPortal = ({ path }: Pick<Operation, 'path'>): boolean => path.startsWith(`${API}/`);

const SHORT = `/workspaces/{workspace_id}`;
const nameIn = ({ method, path }: Operation): string =>
  `${method} ${path.slice(API.length).replace(SHORT, '*')}`;

/** Every route of the portal that the server describes. Throws unless each has a line here, and each line a route. */
export async function portalOperations(server: Address): Promise<PortalOperation[]> {
  const described = (await describedOperations(server)).filter(isOfPortal);
  const names = described.map(nameIn);
  const strays = [
    ...names.filter((name) => !(name in ROUTES)),
    ...Object.keys(ROUTES).filter((name) => !names.includes(name)),
  ];
  if (strays.length > 0) throw new Error(`described and listed routes differ in: ${strays.join(', ')}`);
  return described.flatMap((operation) => {
    const route = ROUTES[nameIn(operation)];
    return route ? [{ ...operation, ...route, pathWith: (ids) => fill(operation, ids) }] : [];
  });
}

const fill = ({ path }: Operation, ids: Readonly<Record<string, string>>): string =>
  path
    .slice(API.length)
    .replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? UNKNOWN[name] ?? 'x'));
