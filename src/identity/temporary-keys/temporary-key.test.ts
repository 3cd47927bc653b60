import { generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../../test/helpers/database.ts';
import {
  createTestClock,
  createTestIdentity,
  insertWorkspace,
  outcome,
  principalOf,
} from '../../../test/helpers/identity.ts';
import type { Database } from '../../db/database.ts';
import type { CustomerType, Region } from '../../regions/topology.ts';
import { SYSTEM } from '../audit/event.ts';
import { encodeHeader, signToken } from './token.ts';

let under: DatabaseUnderTest;
let database: Database;
beforeAll(async () => {
  under = await openTestDatabases('embedded');
  database = await under.open({ migrated: true });
});
afterAll(() => under.close());

interface Settings {
  algorithm?: 'RS256' | 'ES256';
  customerType?: CustomerType;
  regions?: Region[];
  temporaryKeysEnabled?: boolean;
  enforceRegion?: boolean;
}

async function setUp({ algorithm, enforceRegion, ...workspace }: Settings = {}) {
  await emptyTables(database);
  const owner = await insertWorkspace(database, workspace);
  const identity = await createTestIdentity(database, {
    clock: createTestClock(1_900_000_000_000),
    ...(algorithm && { algorithm }),
    ...(enforceRegion !== undefined && { enforceRegion }),
  });
  const { secret } = await identity.apiKeys.create(SYSTEM, { ...owner, name: 'key' });
  return { ...identity, minter: await principalOf(identity.authenticate, secret) };
}

describe.each(['RS256', 'ES256'] as const)('with %s', (algorithm) => {
  it('a token is a JWT that any library verifies with the published keys', async () => {
    const { temporaryKeys, minter, signingKeys, clock } = await setUp({ algorithm });
    const token = await temporaryKeys.mint(minter, { type: 'batch', ttlSeconds: 600, clientRef: 'USER123' });
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: algorithm, typ: 'JWT' });
    const keys = createLocalJWKSet(signingKeys.jwks() as unknown as JSONWebKeySet);
    const { payload } = await jwtVerify(token, keys, { currentDate: new Date(clock.nowMs) });
    expect(payload).toMatchObject({
      aud: 'batch',
      client_ref: 'USER123',
      region: 'eu',
      iat: clock.nowMs / 1_000,
    });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(600);
    expect(JSON.stringify(signingKeys.jwks())).not.toContain('"d"');
  });

  it('a token stays valid when the signing key is rotated, until the last one has expired', async () => {
    const { temporaryKeys, minter, signingKeys, authenticate, clock } = await setUp({ algorithm });
    const before = await temporaryKeys.mint(minter, { type: 'batch', ttlSeconds: 3_600 });
    await signingKeys.rotate(SYSTEM);
    const after = await temporaryKeys.mint(minter, { type: 'batch', ttlSeconds: 3_600 });
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    await principalOf(authenticate, before);
    await principalOf(authenticate, after);
    expect(signingKeys.jwks().keys).toHaveLength(2);
    clock.nowMs += 3_600_000;
    await signingKeys.refresh();
    expect(signingKeys.jwks().keys).toHaveLength(1);
    expect(await outcome(authenticate, before)).toBe('unknown');
  });
});

describe('time', () => {
  it('ends a token at exp, to the millisecond and also when it is remembered', async () => {
    const { temporaryKeys, minter, authenticate, clock } = await setUp();
    const token = await temporaryKeys.mint(minter, { type: 'batch', ttlSeconds: 60 });
    clock.nowMs += 59_999;
    await principalOf(authenticate, token);
    clock.nowMs += 1;
    expect(await outcome(authenticate, token)).toBe('expired');
  });

  it('allows the minting clock to be 5 seconds ahead, no more', async () => {
    const { temporaryKeys, minter, authenticate, clock } = await setUp();
    const token = await temporaryKeys.mint(minter, { type: 'batch', ttlSeconds: 60 });
    clock.nowMs -= 5_000;
    await principalOf(authenticate, token);
    clock.nowMs -= 1;
    expect(await outcome(authenticate, token)).toBe('not_yet_valid');
  });
});

describe('forgery', () => {
  it('is refused for another key, another header, and claims that are missing or mistyped', async () => {
    const { temporaryKeys, minter, authenticate, signingKeys } = await setUp();
    const { header, privateKey, kid } = signingKeys.current();
    const genuine = await temporaryKeys.mint(minter, { type: 'batch', ttlSeconds: 60, clientRef: 'USER123' });
    const claims = JSON.parse(Buffer.from(genuine.split('.')[1] ?? '', 'base64url').toString());
    const sign = (changes: object) => signToken(header, privateKey, { ...claims, ...changes });
    await principalOf(authenticate, await sign({}));

    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect(await outcome(authenticate, await signToken(header, stranger, claims))).toBe('bad_signature');
    const otherHeader = encodeHeader('ES256', kid);
    expect(await outcome(authenticate, await signToken(otherHeader, privateKey, claims))).toBe('unknown');

    const bad = [
      { iss: 'https://elsewhere' },
      { iss: undefined },
      { aud: 'tts' },
      { aud: ['batch'] },
      { aud: undefined },
      { sub: 1 },
      { akid: undefined },
      { exp: undefined },
      { exp: String(claims.exp) },
      { exp: 1.5 },
      { exp: 1e99 },
      { exp: null },
      { iat: undefined },
      { iat: '0' },
      { client_ref: '' },
      { client_ref: null },
      { client_ref: ['USER123'] },
      { region: 'mars' },
    ];
    for (const changes of bad) {
      expect(await outcome(authenticate, await sign(changes)), JSON.stringify(changes)).toBe('bad_claims');
    }
    expect(await outcome(authenticate, await sign({ exp: -1 }))).toBe('expired');
    expect(await outcome(authenticate, await sign({ akid: 'key_nobody' }))).toBe('unknown');
  });
});

describe('minting', () => {
  const mint = { type: 'batch', ttlSeconds: 60 } as const;

  it('ignores client_ref for real time', async () => {
    const { temporaryKeys, minter, authenticate } = await setUp();
    const token = await temporaryKeys.mint(minter, { type: 'rt', ttlSeconds: 60, clientRef: 'USER123' });
    expect(await principalOf(authenticate, token)).not.toHaveProperty('clientRef');
  });

  it('ignores it also where the API key is bound to another end user, whose the key stays', async () => {
    const { temporaryKeys, minter, authenticate } = await setUp();
    const bound = { ...minter, clientRef: 'USER456' };
    const token = await temporaryKeys.mint(bound, { type: 'rt', ttlSeconds: 60, clientRef: 'USER123' });
    expect(await principalOf(authenticate, token)).toHaveProperty('clientRef', 'USER456');
  });

  it('opens one contracted region: the one asked for, else eu, else the first', async () => {
    const both = await setUp({ regions: ['usa', 'eu'] });
    const regionsOf = async (region?: Region) => {
      const token = await both.temporaryKeys.mint(both.minter, { ...mint, ...(region && { region }) });
      return (await principalOf(both.authenticate, token)).regions;
    };
    expect(await regionsOf()).toEqual(['eu']);
    expect(await regionsOf('usa')).toEqual(['usa']);
    await expect(regionsOf('au')).rejects.toMatchObject({ code: 'forbidden' });

    const overseas = await setUp({ regions: ['au', 'usa'] });
    const token = await overseas.temporaryKeys.mint(overseas.minter, mint);
    expect((await principalOf(overseas.authenticate, token)).regions).toEqual(['au']);
    const rt = { type: 'rt', ttlSeconds: 60, region: 'au' } as const;
    await expect(overseas.temporaryKeys.mint(overseas.minter, rt)).rejects.toMatchObject({
      code: 'unprocessable',
    });
  });

  it('opens every contracted region when regions are ignored', async () => {
    const { temporaryKeys, minter, authenticate } = await setUp({
      regions: ['usa', 'eu'],
      enforceRegion: false,
    });
    const token = await temporaryKeys.mint(minter, { ...mint, region: 'au' });
    expect((await principalOf(authenticate, token)).regions).toEqual(['usa', 'eu']);
  });

  it('is open to enterprise workspaces once the operator has enabled it', async () => {
    const closed = await setUp({ customerType: 'enterprise', temporaryKeysEnabled: false });
    await expect(closed.temporaryKeys.mint(closed.minter, mint)).rejects.toThrow('contact help@test');
    const opened = await setUp({ customerType: 'enterprise', temporaryKeysEnabled: true });
    await principalOf(opened.authenticate, await opened.temporaryKeys.mint(opened.minter, mint));
  });
});
