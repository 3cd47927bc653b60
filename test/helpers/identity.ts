import type { Database } from '../../src/db/database.ts';
import { createApiKeys, type NewApiKey } from '../../src/identity/api-keys/api-key.ts';
import { createKeyCache } from '../../src/identity/api-keys/key-cache.ts';
import { createChange } from '../../src/identity/audit/change.ts';
import { type Authenticate, createAuthenticate } from '../../src/identity/authenticate.ts';
import { appliedHere } from '../../src/identity/nodes/applied-change.ts';
import { startNode } from '../../src/identity/nodes/node.ts';
import { NODE_ROLES } from '../../src/identity/nodes/roles.ts';
import type { Principal, ProjectPrincipal } from '../../src/identity/principal.ts';
import { createPepper, type Pepper } from '../../src/identity/secrets/pepper.ts';
import { createSigningKeys } from '../../src/identity/temporary-keys/signing-key.ts';
import { createTemporaryKeys } from '../../src/identity/temporary-keys/temporary-key.ts';
import type { Algorithm } from '../../src/identity/temporary-keys/token.ts';
import { type CustomerType, createTopology, type Region } from '../../src/regions/topology.ts';

/** A clock that stands still until it is moved. */
export interface TestClock {
  nowMs: number;
  now(): number;
}

export const createTestClock = (nowMs = Date.now()): TestClock => ({
  nowMs,
  now() {
    return this.nowMs;
  },
});

interface Settings {
  readonly clock?: TestClock;
  readonly pepper?: Pepper;
  readonly algorithm?: Algorithm;
  readonly enforceRegion?: boolean;
  readonly maxTtlSeconds?: number;
}

export const testPepper = (byte = 1): Buffer => Buffer.alloc(32, byte);

/** The identity part of a server on a real database, as `app` puts it together, with a clock of the test's own. */
export async function createTestIdentity(database: Database, settings: Settings = {}) {
  const { sql } = database;
  const clock = settings.clock ?? createTestClock();
  const pepper = settings.pepper ?? createPepper([testPepper()]);
  const node = await startNode(database, {
    environments: ['EU1', 'EU2'],
    roles: NODE_ROLES,
    leaseMs: 5_000,
  });
  const keyCache = createKeyCache({ sql, pepper, node, maxKeys: 1_000 });
  const change = appliedHere(createChange(sql, pepper), node);
  const topology = createTopology('test');
  const signingKeys = await createSigningKeys({
    sql,
    pepper,
    change,
    node,
    clock,
    options: {
      algorithm: settings.algorithm ?? 'RS256',
      maxTtlSeconds: settings.maxTtlSeconds ?? 3_600,
      regions: topology.regions,
      makesFirst: true,
    },
  });
  const temporaryKeys = createTemporaryKeys({
    signingKeys,
    topology,
    clock,
    options: {
      issuer: 'https://mp.test',
      enforceRegion: settings.enforceRegion ?? true,
      supportContact: 'help@test',
    },
  });
  const apiKeys = createApiKeys({ sql, pepper, change });
  const authenticate = createAuthenticate({ sql, pepper, node, keyCache, temporaryKeys, clock });
  return {
    database,
    clock,
    pepper,
    change,
    node,
    keyCache,
    signingKeys,
    temporaryKeys,
    apiKeys,
    authenticate,
  };
}

/** A workspace with one project; returns what a new key needs. */
export async function insertWorkspace(
  { sql }: Database,
  options: {
    workspaceId?: string;
    customerType?: CustomerType;
    regions?: Region[];
    temporaryKeysEnabled?: boolean;
  } = {},
): Promise<Pick<NewApiKey, 'workspaceId' | 'projectId'>> {
  const workspaceId = options.workspaceId ?? 'ws_test';
  const regions = options.regions ?? ['eu'];
  await sql
    .insertInto('workspaces')
    .values({
      workspace_id: workspaceId,
      name: 'Test',
      customer_type: options.customerType ?? 'on-demand',
      regions,
      temporary_keys_enabled: options.temporaryKeysEnabled ?? true,
    })
    .execute();
  const { project_id: projectId } = await sql
    .insertInto('projects')
    .values({
      workspace_id: workspaceId,
      name: 'Default',
      description: null,
      is_default: true,
      regions,
      deleted_at: null,
    })
    .returning('project_id')
    .executeTakeFirstOrThrow();
  return { workspaceId, projectId };
}

/** The principal, or the reason of the refusal as text. */
export async function outcome(authenticate: Authenticate, credential: string): Promise<Principal | string> {
  const result = await authenticate(credential);
  return 'principal' in result ? result.principal : result.refused;
}

export async function principalOf(authenticate: Authenticate, credential: string): Promise<ProjectPrincipal> {
  const found = await outcome(authenticate, credential);
  if (typeof found === 'string' || (found.kind !== 'api-key' && found.kind !== 'temporary-key')) {
    throw new Error(`not a caller of a project: ${JSON.stringify(found)}`);
  }
  return found;
}
