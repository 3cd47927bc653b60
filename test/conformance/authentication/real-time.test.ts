import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/db/database.ts';
import type { AppError } from '../../../src/errors/app-error.ts';
import { SYSTEM } from '../../../src/identity/audit/event.ts';
import { admit, authorize } from '../../../src/identity/authorize.ts';
import type { ProjectPrincipal } from '../../../src/identity/principal.ts';
import { type CustomerType, createTopology, type Region } from '../../../src/regions/topology.ts';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../helpers/database.ts';
import {
  createTestClock,
  createTestIdentity,
  insertWorkspace,
  outcome,
  principalOf,
} from '../../helpers/identity.ts';

/** What authentication promises to real-time sessions, at the guard they pass; test/conformance/realtime goes on. */
let databases: DatabaseUnderTest;
let database: Database;
beforeAll(async () => {
  databases = await openTestDatabases('embedded');
  database = await databases.open({ migrated: true });
});
afterAll(() => databases?.close());

async function setUp(terms: Parameters<typeof insertWorkspace>[1] = {}) {
  await emptyTables(database);
  const clock = createTestClock();
  const owner = await insertWorkspace(database, terms);
  const identity = await createTestIdentity(database, { clock });
  const { secret } = await identity.apiKeys.create(SYSTEM, { ...owner, name: 'key' });
  const minter = await principalOf(identity.authenticate, secret);
  const mint = (request: { clientRef?: string; region?: Region } = {}) =>
    identity.temporaryKeys.mint(minter, { type: 'rt', ttlSeconds: 60, ...request });
  return { ...identity, clock, owner, minter, mint };
}

describe('a temporary key of type rt', () => {
  it('starts any number of sessions until its 60 seconds are over', async () => {
    const { authenticate, mint, clock, owner } = await setUp();
    const token = await mint();
    const bornMs = Math.floor(clock.nowMs / 1_000) * 1_000;
    for (const ageMs of [0, 1, 30_000, 59_999]) {
      clock.nowMs = bornMs + ageMs;
      const sessions = await Promise.all(Array.from({ length: 100 }, () => principalOf(authenticate, token)));
      for (const one of sessions) {
        expect(one).toMatchObject({ kind: 'temporary-key', ...owner, product: 'rt' });
      }
    }
    clock.nowMs = bornMs + 60_000;
    expect(await outcome(authenticate, token)).toBe('expired');
  });

  it('is not narrowed by client_ref, which is ignored', async () => {
    const { authenticate, mint, clock } = await setUp();
    const withRef = await principalOf(authenticate, await mint({ clientRef: 'USER123' }));
    const without = await principalOf(authenticate, await mint());
    expect(withRef).not.toHaveProperty('clientRef');
    expect({ ...withRef, tokenId: '' }).toEqual({ ...without, tokenId: '' });
    expect(withRef.expiresAtMs).toBe((Math.floor(clock.nowMs / 1_000) + 60) * 1_000);
  });

  it('goes into a query parameter as it is', async () => {
    const { authenticate, mint } = await setUp();
    const token = await mint();
    expect(encodeURIComponent(token)).toBe(token);
    const url = new URL(`wss://eu2.rt.example.org/v2?jwt=${token}&sm-app=recorder`);
    expect(url.href.length).toBeLessThan(2_000);
    expect(await principalOf(authenticate, url.searchParams.get('jwt') ?? '')).toMatchObject({
      product: 'rt',
    });
  });

  it('does nothing of batch, and a key of type batch is not one of real time', async () => {
    const { authenticate, mint, temporaryKeys, minter } = await setUp();
    const rt = await principalOf(authenticate, await mint());
    for (const action of ['jobs:create', 'jobs:read', 'jobs:delete', 'usage:read'] as const) {
      expect(() => authorize(rt, action)).toThrow('a temporary key of type rt cannot use the Batch API');
    }
    const batch = await temporaryKeys.mint(minter, { type: 'batch', ttlSeconds: 60 });
    expect(await principalOf(authenticate, batch)).toMatchObject({ product: 'batch' });
  });
});

describe('the real-time endpoints', () => {
  const topology = createTopology('example.org');

  /** `200`, or the error code of the refusal. */
  function answer(principal: ProjectPrincipal, host: string): number | string {
    try {
      admit(principal, topology.endpointFor('rt', `${host}.example.org`), 'help@example.org');
      return 200;
    } catch (error) {
      return (error as AppError).code;
    }
  }

  const NO_ENTRY = 'forbidden';
  const UNKNOWN = 'unauthenticated';
  it.each<[CustomerType, Region, Record<string, number | string>]>([
    ['on-demand', 'eu', { 'eu2.rt': 200, 'neu.rt': NO_ENTRY, 'wus.rt': UNKNOWN }],
    ['enterprise', 'eu', { 'eu2.rt': NO_ENTRY, 'neu.rt': 200, 'wus.rt': UNKNOWN }],
    ['enterprise', 'usa', { 'eu2.rt': UNKNOWN, 'neu.rt': UNKNOWN, 'wus.rt': 200 }],
  ])('admit a key of an %s customer for %s where the table says so', async (customerType, region, table) => {
    const { authenticate, mint, minter } = await setUp({ customerType, regions: [region] });
    for (const principal of [minter, await principalOf(authenticate, await mint())]) {
      const found = Object.keys(table).map((host) => [host, answer(principal, host)]);
      expect(Object.fromEntries(found)).toEqual(table);
    }
  });

  it.each([
    ['eu2.rt', 'EU2', 'eu'],
    ['neu.rt', 'EU1', 'eu'],
    ['wus.rt', 'US1', 'usa'],
  ])('%s leads to %s in %s', (host, name, region) => {
    expect(topology.endpointFor('rt', `${host}.example.org`).environment).toEqual({
      name,
      region,
      product: 'rt',
    });
  });
});
