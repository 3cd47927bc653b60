import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../test/helpers/database.ts';
import { createTestIdentity, insertWorkspace, principalOf } from '../../test/helpers/identity.ts';
import type { Database } from '../db/database.ts';
import { createTopology } from '../regions/topology.ts';
import { SYSTEM } from './audit/event.ts';
import { createObjectTokens, type ObjectGrant } from './object-token.ts';

const OBJECT = { environment: 'EU1', jobId: 'abcdefghij', object: 'data' } as const;

let under: DatabaseUnderTest;
let database: Database;
beforeAll(async () => {
  under = await openTestDatabases('embedded');
  database = await under.open({ migrated: true });
});
afterAll(() => under.close());
beforeEach(() => emptyTables(database));

async function identityWithKey() {
  const identity = await createTestIdentity(database);
  const owner = await insertWorkspace(database);
  const key = await identity.apiKeys.create(SYSTEM, { ...owner, name: 'one' });
  const tokens = createObjectTokens({ ...identity, topology: createTopology('test') });
  const principal = await principalOf(identity.authenticate, key.secret);
  return { identity, tokens, principal };
}

describe('an object token', () => {
  it('says what it is for until the very millisecond of its end', async () => {
    const { identity, tokens, principal } = await identityWithKey();
    const { clock } = identity;
    clock.nowMs = 1_700_000_000_000;
    const token = tokens.issue(principal, OBJECT, 60);
    clock.nowMs += 59_999;
    expect(tokens.read(token)).toMatchObject({ ...OBJECT, keyId: principal.keyId });
    clock.nowMs += 1;
    expect(tokens.read(token)).toBeUndefined();
  });

  it('is honoured while its key is accepted where the job is', async () => {
    const { identity, tokens, principal } = await identityWithKey();
    const grant = tokens.read(tokens.issue(principal, OBJECT, 60)) as ObjectGrant;
    expect(await tokens.isHonoured(grant, null)).toBe(true);
    expect(await tokens.isHonoured({ ...grant, environment: 'US1' }, null)).toBe(false);
    // An on-demand workspace has nothing in an environment for enterprise customers.
    expect(await tokens.isHonoured({ ...grant, environment: 'EU2' }, null)).toBe(false);
    expect(await tokens.isHonoured({ ...grant, keyId: 'key_of_nobody' }, null)).toBe(false);
    const at = new Date(identity.clock.now());
    await database.sql.updateTable('api_keys').set({ expires_at: at }).execute();
    await identity.node.refresh();
    expect(await tokens.isHonoured(grant, null)).toBe(false);
  });
});
