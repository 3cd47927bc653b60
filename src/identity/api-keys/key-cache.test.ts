import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../../test/helpers/database.ts';
import { createTestIdentity, insertWorkspace, outcome, principalOf } from '../../../test/helpers/identity.ts';
import type { Database, Listener } from '../../db/database.ts';
import { SYSTEM } from '../audit/event.ts';
import { sha256Of } from '../secrets/secret.ts';
import { createKeyCache } from './key-cache.ts';

let under: DatabaseUnderTest;
let database: Database;
beforeAll(async () => {
  under = await openTestDatabases('embedded');
  database = await under.open({ migrated: true });
});
afterAll(() => under.close());

/** A database whose feed the test holds in its hands. */
async function withFeed() {
  await emptyTables(database);
  const owner = await insertWorkspace(database);
  const listeners: Listener[] = [];
  const listening: Database = {
    ...database,
    listen: async (listener) => {
      listeners.push(listener);
    },
  };
  const feed = {
    changed: (apiKeyId: string) => listeners.map((one) => one.onMessage(`api_keys:${apiKeyId}`)),
    live: (isLive: boolean) => listeners.map((one) => one.onFeed(isLive)),
  };
  return { database: listening, owner, feed };
}

const revokeBehindItsBack = (database: Database, apiKeyId: string) =>
  database.sql
    .updateTable('api_keys')
    .set({ revoked_at: new Date() })
    .where('api_key_id', '=', apiKeyId)
    .execute();

describe('the key cache', () => {
  it('forgets a key that another node has revoked as soon as the feed says so', async () => {
    const { database, owner, feed } = await withFeed();
    const { apiKeys, authenticate } = await createTestIdentity(database);
    const { secret, apiKeyId } = await apiKeys.create(SYSTEM, { ...owner, name: 'key' });
    await principalOf(authenticate, secret);
    await revokeBehindItsBack(database, apiKeyId);
    feed.changed(apiKeyId);
    expect(await outcome(authenticate, secret)).toBe('revoked');
  });

  it('does not let a read that was under way put the old record back', async () => {
    const { database, owner, feed } = await withFeed();
    const { apiKeys, pepper } = await createTestIdentity(database);
    const { secret, apiKeyId } = await apiKeys.create(SYSTEM, { ...owner, name: 'key' });
    const cache = await createKeyCache(database, 10);
    const reading = cache.byDigest(pepper.digest(sha256Of(secret)), 'fingerprint');
    feed.changed(apiKeyId);
    expect(await reading).toMatchObject({ keyId: apiKeyId });
    expect(cache.peek('fingerprint')).toBeUndefined();
  });

  it('keeps nothing while the feed is lost', async () => {
    const { database, owner, feed } = await withFeed();
    const { apiKeys, authenticate } = await createTestIdentity(database);
    const { secret, apiKeyId } = await apiKeys.create(SYSTEM, { ...owner, name: 'key' });
    await principalOf(authenticate, secret);
    feed.live(false);
    await principalOf(authenticate, secret);
    await revokeBehindItsBack(database, apiKeyId);
    expect(await outcome(authenticate, secret)).toBe('revoked');
    feed.live(true);
    expect(await outcome(authenticate, secret)).toBe('revoked');
  });
});
