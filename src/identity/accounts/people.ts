import type { Logger } from '../../base/log.ts';
import type { Sql } from '../../db/database.ts';
import type { Region } from '../../regions/topology.ts';
import type { Change } from '../audit/change.ts';
import type { RegistrationMode } from '../options.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import { createDevices, type Devices } from './devices.ts';
import { createInvitations, type Invitations } from './invitations.ts';
import { createMembers, type Members } from './members.ts';
import { createPortalKeys, type PortalKeys } from './portal-key.ts';
import type { Provider } from './provider.ts';
import { createRegistration, type Registration } from './registration.ts';

/** Everything about people: who they are, where they are signed in, which workspaces they belong to. */
export interface People {
  readonly accounts: Accounts;
  readonly devices: Devices;
  readonly members: Members;
  readonly invitations: Invitations;
  readonly registration: Registration;
  readonly portalKeys: PortalKeys;
}

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly change: Change;
  readonly log: Logger;
  readonly registration: RegistrationMode;
  /** Where people open the portal, without a path. */
  readonly url: string;
  readonly regions: readonly Region[];
  readonly provider: Omit<Provider, 'mayRegister'> | undefined;
}

export function createPeople({ registration: mode, url, regions, provider, ...deps }: Deps): People {
  const secret = deps.pepper.signer('parley portal sessions').sign('cookies');
  const accounts = createAccounts({
    ...deps,
    secret,
    url,
    provider: provider && { ...provider, mayRegister: mode !== 'closed' },
  });
  const invitations = createInvitations(deps);
  const members = createMembers(deps);
  return {
    accounts,
    devices: createDevices(deps),
    members,
    invitations,
    registration: createRegistration({ ...deps, accounts, members, invitations, mode, regions }),
    portalKeys: createPortalKeys(deps),
  };
}
