import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../test/helpers/database.ts';
import {
  createTestClock,
  createTestIdentity,
  insertWorkspace,
  outcome,
  principalOf,
  testPepper,
} from '../../test/helpers/identity.ts';
import type { Database } from '../db/database.ts';
import { SYSTEM } from './audit/event.ts';
import { createPepper } from './secrets/pepper.ts';
import { createSecret } from './secrets/secret.ts';
import { createAdminToken } from './workspaces/admin-token.ts';

let under: DatabaseUnderTest;
let database: Database;
let owner: Awaited<ReturnType<typeof insertWorkspace>>;
let identity: Awaited<ReturnType<typeof createTestIdentity>>;

beforeAll(async () => {
  under = await openTestDatabases('embedded');
  database = await under.open({ migrated: true });
});
afterAll(() => under.close());
beforeEach(async () => {
  await emptyTables(database);
  owner = await insertWorkspace(database);
  identity = await createTestIdentity(database, { clock: createTestClock() });
});

const newKey = (name = 'key', clientRef?: string) =>
  identity.apiKeys.create(SYSTEM, { ...owner, name, ...(clientRef !== undefined && { clientRef }) });

describe('an API key', () => {
  it('is its project, with or without an end user', async () => {
    const { secret, apiKeyId } = await newKey();
    expect(await outcome(identity.authenticate, secret)).toEqual({
      kind: 'api-key',
      ...owner,
      keyId: apiKeyId,
      customerType: 'on-demand',
      regions: ['eu'],
      temporaryKeysEnabled: true,
    });
    const bound = await newKey('bound', 'USER123');
    expect(await principalOf(identity.authenticate, bound.secret)).toMatchObject({ clientRef: 'USER123' });
  });

  it('is answered without waiting once it is known', async () => {
    const { secret } = await newKey();
    expect(identity.authenticate(secret)).toBeInstanceOf(Promise);
    await identity.authenticate(secret);
    expect(identity.authenticate(secret)).toHaveProperty('principal');
  });

  it('is refused when it is unknown, revoked, expired or of a deleted project', async () => {
    expect(await outcome(identity.authenticate, createSecret('api-key'))).toBe('unknown');

    const revoked = await newKey('revoked');
    await principalOf(identity.authenticate, revoked.secret);
    await identity.apiKeys.revoke(SYSTEM, owner.workspaceId, revoked.apiKeyId);
    expect(await outcome(identity.authenticate, revoked.secret)).toBe('revoked');

    const expiring = await newKey('expiring');
    const expiresAt = new Date(identity.clock.nowMs + 1_000);
    await database.sql
      .updateTable('api_keys')
      .set({ expires_at: expiresAt })
      .where('api_key_id', '=', expiring.apiKeyId)
      .execute();
    await principalOf(identity.authenticate, expiring.secret);
    identity.clock.nowMs = expiresAt.getTime();
    expect(await outcome(identity.authenticate, expiring.secret)).toBe('expired');

    const orphaned = await newKey('orphaned');
    await principalOf(identity.authenticate, orphaned.secret);
    await database.sql.updateTable('projects').set({ deleted_at: new Date() }).execute();
    expect(await outcome(identity.authenticate, orphaned.secret)).toBe('revoked');
  });

  it('is found under a retired pepper, and not when its pepper is gone', async () => {
    const { secret } = await newKey();
    const rotated = createPepper([testPepper(2), testPepper(1)]);
    const after = await createTestIdentity(database, { pepper: rotated });
    expect(await principalOf(after.authenticate, secret)).toMatchObject({ kind: 'api-key' });
    await database.sql.deleteFrom('signing_key_secrets').execute();
    await database.sql.deleteFrom('signing_keys').execute();
    const without = await createTestIdentity(database, { pepper: createPepper([testPepper(2)]) });
    expect(await outcome(without.authenticate, secret)).toBe('unknown');
  });

  it('cannot be replaced by its stored digest', async () => {
    await newKey();
    const { digest } = await database.sql.selectFrom('api_keys').select('digest').executeTakeFirstOrThrow();
    for (const encoding of ['hex', 'base64', 'latin1'] as const) {
      expect(await outcome(identity.authenticate, Buffer.from(digest).toString(encoding))).toBe('malformed');
    }
  });
});

describe('a temporary key', () => {
  it('is narrower than the key that minted it', async () => {
    const { secret, apiKeyId } = await newKey();
    const minter = await principalOf(identity.authenticate, secret);
    const token = await identity.temporaryKeys.mint(minter, {
      type: 'batch',
      ttlSeconds: 60,
      clientRef: 'USER123',
    });
    expect(await outcome(identity.authenticate, token)).toEqual({
      kind: 'temporary-key',
      ...owner,
      keyId: apiKeyId,
      customerType: 'on-demand',
      regions: ['eu'],
      temporaryKeysEnabled: false,
      clientRef: 'USER123',
      product: 'batch',
      tokenId: expect.any(String),
      signedBy: expect.stringMatching(/^sk_/),
      issuedAtMs: Math.floor(identity.clock.nowMs / 1_000) * 1_000,
      expiresAtMs: (Math.floor(identity.clock.nowMs / 1_000) + 60) * 1_000,
    });
  });

  it('ends with the key that minted it, also when it was remembered', async () => {
    const { secret, apiKeyId } = await newKey();
    const minter = await principalOf(identity.authenticate, secret);
    const token = await identity.temporaryKeys.mint(minter, { type: 'rt', ttlSeconds: 60 });
    await principalOf(identity.authenticate, token);
    await identity.apiKeys.revoke(SYSTEM, owner.workspaceId, apiKeyId);
    expect(await outcome(identity.authenticate, token)).toBe('revoked');
  });

  it('is refused with the key it came from, once it is known to be genuine', async () => {
    const { secret, apiKeyId } = await newKey();
    const minter = await principalOf(identity.authenticate, secret);
    const token = await identity.temporaryKeys.mint(minter, { type: 'batch', ttlSeconds: 60 });
    const forged = `${token.slice(0, -8)}AAAAAAAA`;
    expect(await identity.authenticate(forged)).toEqual({ refused: 'bad_signature' });
    identity.clock.nowMs += 61_000;
    const key = { keyId: apiKeyId, workspaceId: owner.workspaceId };
    expect(await identity.authenticate(token)).toMatchObject({ refused: 'expired', key });
    await identity.apiKeys.revoke(SYSTEM, owner.workspaceId, apiKeyId);
    expect(await identity.authenticate(secret)).toMatchObject({ refused: 'revoked', key });
  });

  it('of a key bound to an end user stays with that one', async () => {
    const { secret } = await newKey('bound', 'USER123');
    const minter = await principalOf(identity.authenticate, secret);
    const token = await identity.temporaryKeys.mint(minter, { type: 'batch', ttlSeconds: 60 });
    expect(await principalOf(identity.authenticate, token)).toMatchObject({ clientRef: 'USER123' });
    const other = { type: 'batch', ttlSeconds: 60, clientRef: 'USER456' } as const;
    await expect(identity.temporaryKeys.mint(minter, other)).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('administration tokens', () => {
  it('are told apart and can be revoked', async () => {
    const { sql } = database;
    const { secret: management } = await createAdminToken(sql, identity.pepper, {
      name: 'm',
      workspaceId: owner.workspaceId,
      permissions: ['api-keys:view'],
    });
    const { secret: operator } = await createAdminToken(sql, identity.pepper, { name: 'o' });
    expect(await outcome(identity.authenticate, management)).toMatchObject({
      kind: 'management-token',
      workspaceId: owner.workspaceId,
      permissions: ['api-keys:view'],
    });
    expect(await outcome(identity.authenticate, operator)).toMatchObject({ kind: 'operator-token' });
    await sql.updateTable('admin_tokens').set({ revoked_at: new Date() }).execute();
    expect(await outcome(identity.authenticate, management)).toBe('unknown');
    expect(await outcome(identity.authenticate, operator)).toBe('unknown');
  });
});
