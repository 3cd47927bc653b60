import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../../test/helpers/database.ts';
import { createTestIdentity, insertWorkspace, outcome, principalOf } from '../../../test/helpers/identity.ts';
import type { Database, Listener } from '../../db/database.ts';
import { SYSTEM } from '../audit/event.ts';
import { sha256Of } from '../secrets/secret.ts';

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
  let isLost = false;
  const listening: Database = {
    ...database,
    listen: async (listener) => {
      listeners.push(listener);
    },
    askFeed: (text, values) =>
      isLost ? Promise.reject(new Error('the feed is lost')) : database.askFeed(text, values),
  };
  const feed = {
    changed: (apiKeyId: string) => listeners.map((one) => one.onMessage(`api_keys:${apiKeyId}`)),
    live: (isLive: boolean) => {
      isLost = !isLive;
      for (const one of listeners) one.onFeed(isLive);
    },
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
    const { apiKeys, keyCache } = await createTestIdentity(database);
    const { secret, apiKeyId } = await apiKeys.create(SYSTEM, { ...owner, name: 'key' });
    const reading = keyCache.bySecret(sha256Of(secret));
    feed.changed(apiKeyId);
    expect(await reading).toMatchObject({ keyId: apiKeyId });
    expect(keyCache.bySecret(sha256Of(secret))).toBeInstanceOf(Promise);
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
