import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../base/ids.ts';
import { sync } from '../base/sync.ts';
import type { Sql } from '../db/database.ts';
import { createApiKey } from '../identity/api-keys/create.ts';
import type { Change } from '../identity/audit/change.ts';
import { SYSTEM } from '../identity/audit/event.ts';
import { PERMISSIONS } from '../identity/principal.ts';
import type { Pepper } from '../identity/secrets/pepper.ts';
import { createAdminToken } from '../identity/workspaces/admin-token.ts';
import { insertWorkspace, ON_DEMAND_TERMS } from '../identity/workspaces/workspace.ts';
import { defaultRegion, type Region } from '../regions/topology.ts';

/** The first credentials of an installation, shown once. Field names are the operator's contract. */
export interface Bootstrap {
  readonly api_key: string;
  readonly management_token: string;
  readonly operator_token: string;
  readonly project_id: number;
  readonly workspace_id: string;
}

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly change: Change;
  /** Regions of the topology. */
  readonly regions: readonly Region[];
}

/**
 * Makes the first workspace, its default project, one API key and the administration tokens, unless a workspace
 * exists. `keep` must store the secrets before it resolves; when it fails, nothing was made.
 */
export async function bootstrap(
  { sql, pepper, change, regions }: Deps,
  keep: (secrets: Bootstrap) => Promise<void>,
): Promise<void> {
  if (await hasWorkspace(sql)) return;
  const region = defaultRegion(regions);
  if (region === undefined) throw new TypeError('the topology has no region');
  await change(SYSTEM, async (tx, record) => {
    // Concurrent first starts take turns; the later ones find the workspace.
    if (await hasWorkspace(tx)) return;
    const workspaceId = newId('ws');
    const terms = { ...ON_DEMAND_TERMS, name: 'Default workspace', regions: [region] };
    const { projectId } = await insertWorkspace(tx, record, workspaceId, terms);
    const key = { workspaceId, projectId, name: 'First API key' };
    const { secret } = await createApiKey(tx, record, pepper, key);
    const management = { name: 'First management token', workspaceId, permissions: PERMISSIONS };
    const operator = { name: 'First operator token' };
    await record({ action: 'installation.bootstrapped', target: workspaceId, workspaceId });
    await keep({
      api_key: secret,
      management_token: (await createAdminToken(tx, pepper, management)).secret,
      operator_token: (await createAdminToken(tx, pepper, operator)).secret,
      project_id: projectId,
      workspace_id: workspaceId,
    });
  });
}

const hasWorkspace = async (sql: Sql): Promise<boolean> =>
  (await sql.selectFrom('workspaces').select('workspace_id').limit(1).executeTakeFirst()) !== undefined;

/** Only its owner may read `bootstrap.json`, which is there whole or not at all, and survives power loss. */
export async function writeBootstrap(dataDir: string, secrets: Bootstrap): Promise<void> {
  const path = join(dataDir, 'bootstrap.json');
  const file = await open(`${path}.tmp`, 'w', 0o600);
  await file.writeFile(`${JSON.stringify(secrets, undefined, 2)}\n`);
  await file.sync();
  await file.close();
  await rename(`${path}.tmp`, path);
  await sync(dataDir);
}
