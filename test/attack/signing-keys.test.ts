import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { SYSTEM } from '../../src/identity/audit/event.ts';
import type { ProjectPrincipal } from '../../src/identity/principal.ts';
import { type DatabaseUnderTest, openTestDatabases } from '../helpers/database.ts';
import { createTestIdentity, insertWorkspace, outcome, principalOf } from '../helpers/identity.ts';

let databases: DatabaseUnderTest;
let database: Database;
let node: Awaited<ReturnType<typeof createTestIdentity>>;
let minter: ProjectPrincipal;

beforeEach(async () => {
  databases = await openTestDatabases('embedded');
  database = await databases.open({ migrated: true });
  node = await createTestIdentity(database);
  const project = await insertWorkspace(database);
  const { secret } = await node.apiKeys.create(SYSTEM, { ...project, name: 'minter' });
  minter = await principalOf(node.authenticate, secret);
});
afterEach(() => databases.close());

const mint = () => node.temporaryKeys.mint(minter, { type: 'batch', ttlSeconds: 600 });

/** A node to which the news of the rotation has not come yet. */
const lateNode = () =>
  createTestIdentity({ ...database, listen: async () => {} }, { clock: node.clock, pepper: node.pepper });

describe('a signing key that was stolen', () => {
  it('opens nothing once it is removed, not even what was accepted before', async () => {
    const token = await mint();
    expect(await outcome(node.authenticate, token)).toMatchObject({ kind: 'temporary-key' });
    await node.signingKeys.rotate(SYSTEM);
    expect(await outcome(node.authenticate, token)).toMatchObject({ kind: 'temporary-key' });
    const retired = await database.sql
      .selectFrom('signing_keys')
      .select('kid')
      .where('retired_at', 'is not', null)
      .executeTakeFirstOrThrow();
    await database.sql.deleteFrom('signing_key_secrets').where('kid', '=', retired.kid).execute();
    await database.sql.deleteFrom('signing_keys').where('kid', '=', retired.kid).execute();
    await expect.poll(() => node.signingKeys.jwks().keys.length, { timeout: 2_000 }).toBe(1);
    expect(await outcome(node.authenticate, token)).toBe('unknown');
    expect(await outcome(node.authenticate, await mint())).toMatchObject({ kind: 'temporary-key' });
  });
});

describe('a rotation on another node', () => {
  it('refuses no good token, when several come at once', async () => {
    const late = await lateNode();
    await node.signingKeys.rotate(SYSTEM);
    const tokens = await Promise.all([mint(), mint(), mint()]);
    const outcomes = await Promise.all(tokens.map((token) => outcome(late.authenticate, token)));
    expect(outcomes.filter((one) => typeof one === 'string')).toEqual([]);
  });

  it('refuses no good token, when somebody sends junk as well', async () => {
    const late = await lateNode();
    const [, payload, signature] = (await mint()).split('.');
    const header = Buffer.from('{"alg":"RS256","kid":"sk_unknown","typ":"JWT"}').toString('base64url');
    node.clock.nowMs += 10_000;
    expect(await outcome(late.authenticate, `${header}.${payload}.${signature}`)).toBe('unknown');
    await node.signingKeys.rotate(SYSTEM);
    expect(await outcome(late.authenticate, await mint())).toMatchObject({ kind: 'temporary-key' });
  });
});

describe('a clock', () => {
  it('that goes back revives no token, and there is no leeway at the end', async () => {
    const token = await mint();
    const startMs = node.clock.nowMs;
    node.clock.nowMs = Math.floor(startMs / 1_000) * 1_000 + 600_000 - 1;
    expect(await outcome(node.authenticate, token)).toMatchObject({ kind: 'temporary-key' });
    node.clock.nowMs += 1;
    expect(await outcome(node.authenticate, token)).toBe('expired');
    node.clock.nowMs = startMs - 6_000;
    expect(await outcome(node.authenticate, token)).toBe('not_yet_valid');
  });
});
