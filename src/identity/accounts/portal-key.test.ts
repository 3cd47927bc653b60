import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DatabaseUnderTest, openTestDatabases } from '../../../test/helpers/database.ts';
import { createTestIdentity, insertWorkspace } from '../../../test/helpers/identity.ts';
import type { Database } from '../../db/database.ts';
import { createPortalKeys, type PortalKeys, revokePortalKeys } from './portal-key.ts';

/** What a person does in the portal at the moment at which they are removed; over HTTP it is not met for sure. */
const person = { kind: 'account', accountId: 'acc_1', workspaceId: 'ws_test', role: 'member' } as const;
const actor = { kind: 'account', id: 'acc_1' } as const;

let databases: DatabaseUnderTest;
let database: Database;
let portalKeys: PortalKeys;
let projectId: number;

beforeAll(async () => {
  databases = await openTestDatabases('embedded');
  database = await databases.open({ migrated: true });
  const { pepper, change } = await createTestIdentity(database);
  portalKeys = createPortalKeys({ sql: database.sql, pepper, change });
  ({ projectId } = await insertWorkspace(database));
  const account = { id: 'acc_1', name: 'Ann', email: 'ann@example.org', email_verified: false };
  const now = new Date();
  await database.sql
    .insertInto('accounts')
    .values({ ...account, created_at: now, updated_at: now } as typeof account)
    .execute();
});
afterAll(() => databases?.close());

const join = () =>
  database.sql
    .insertInto('workspace_members')
    .values({ workspace_id: 'ws_test', account_id: 'acc_1', role: 'member' })
    .execute();
const leave = async () => {
  await database.sql.deleteFrom('workspace_members').execute();
  await revokePortalKeys(database.sql, { accountId: 'acc_1', workspaceId: 'ws_test' });
};
const keysOfPerson = () =>
  database.sql.selectFrom('api_keys').select('revoked_at').where('account_id', '=', 'acc_1').execute();

it('a member has one key of the project, however often it is asked for', async () => {
  await join();
  const asked = [1, 2, 3].map(() => portalKeys.minterFor(actor, person, projectId));
  const keys = new Set((await Promise.all(asked)).map(({ keyId }) => keyId));
  expect(keys.size).toBe(1);
  expect(await keysOfPerson()).toEqual([{ revoked_at: null }]);
});

it('one who was a member when the request came in, and is none any more, gets no key', async () => {
  await leave();
  await expect(portalKeys.minterFor(actor, person, projectId)).rejects.toMatchObject({
    code: 'not_found',
    detail: 'workspace not found',
  });
  expect(await keysOfPerson()).toEqual([{ revoked_at: expect.any(Date) }]);
});

it('one who comes back gets another key', async () => {
  await join();
  await portalKeys.minterFor(actor, person, projectId);
  expect(await keysOfPerson()).toHaveLength(2);
});
