import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { type Config, ConfigError } from '../config/load.ts';
import type { Database } from '../db/database.ts';
import { type ApiKeys, createApiKeys } from '../identity/api-keys/api-key.ts';
import { createKeyCache } from '../identity/api-keys/key-cache.ts';
import { createChange } from '../identity/audit/change.ts';
import { type Authenticate, createAuthenticate } from '../identity/authenticate.ts';
import { loadPepper } from '../identity/secrets/pepper.ts';
import { createSigningKeys, type SigningKeys } from '../identity/temporary-keys/signing-key.ts';
import { createTemporaryKeys, type TemporaryKeys } from '../identity/temporary-keys/temporary-key.ts';
import { createManagementTokens, type ManagementTokens } from '../identity/workspaces/admin-token.ts';
import { createProjects, type Projects } from '../identity/workspaces/project.ts';
import { createWorkspaces, type Workspaces } from '../identity/workspaces/workspace.ts';
import { type Bootstrap, bootstrap } from './bootstrap.ts';

export interface Identity {
  readonly apiKeys: ApiKeys;
  readonly projects: Projects;
  readonly workspaces: Workspaces;
  readonly managementTokens: ManagementTokens;
  readonly signingKeys: SigningKeys;
  readonly temporaryKeys: TemporaryKeys;
  readonly authenticate: Authenticate;
}

/** Everything that decides who a caller is; at the first start of a database it also makes the first credentials. */
export async function openIdentity(config: Config, database: Database): Promise<Identity> {
  const { sql } = database;
  const { identity: options, app, regions } = config;
  const clock = systemClock;
  const pepper = await loadPepper(options.pepperFile ?? join(app.dataDir, 'pepper')).catch((error: Error) => {
    throw options.pepperFile === undefined ? error : new ConfigError(`PARLEY_PEPPER_FILE: ${error.message}`);
  });
  const change = createChange(sql, pepper);
  await bootstrap({ sql, pepper, change }, (secrets) => writeBootstrap(app.dataDir, secrets));
  const keyCache = await createKeyCache(database, options.keyCacheSize);
  const signingKeys = await createSigningKeys({
    database,
    pepper,
    change,
    clock,
    options: { algorithm: options.signingAlgorithm, maxTtlSeconds: options.maxTtlSeconds },
  });
  const temporaryKeys = createTemporaryKeys({
    signingKeys,
    clock,
    options: {
      issuer: `https://mp.${regions.domain}`,
      enforceRegion: options.region === 'enforced',
      supportContact: options.supportContact,
    },
  });
  return {
    apiKeys: createApiKeys({ sql, pepper, change }),
    projects: createProjects({ sql, change }),
    workspaces: createWorkspaces({ sql, change }),
    managementTokens: createManagementTokens({ sql, pepper, change }),
    signingKeys,
    temporaryKeys,
    authenticate: createAuthenticate({ sql, pepper, keyCache, temporaryKeys, clock }),
  };
}

/** Only its owner may read it; whole or not at all. */
async function writeBootstrap(dataDir: string, secrets: Bootstrap): Promise<void> {
  const path = join(dataDir, 'bootstrap.json');
  const file = await open(`${path}.tmp`, 'w', 0o600);
  await file.writeFile(`${JSON.stringify(secrets, undefined, 2)}\n`);
  await file.sync();
  await file.close();
  await rename(`${path}.tmp`, path);
}
