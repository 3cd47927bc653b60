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
import {
  admitRequest,
  faultOfLimits,
  isLimitsClaim,
  type LimitsClaim,
  limitsOfClaims,
  type TokenLimits,
} from './limits.ts';
import type { MintRequest } from './mint-request.ts';
import { signToken } from './token.ts';

describe('an origin', () => {
  it.each([
    'https://example.org',
    'http://localhost:3000',
    'https://xn--bcher-kva.example',
    'https://192.0.2.1:8443',
    'https://[2001:db8::1]',
  ])('%s is one as browsers send it', (origin) => {
    expect(faultOfLimits({ origins: [origin] })).toBeUndefined();
  });

  it.each([
    'https://example.org/',
    'https://example.org/path',
    'https://example.org:443',
    'http://example.org:80',
    'https://Example.org',
    'HTTPS://example.org',
    'https://user@example.org',
    'https://bücher.example',
    'https://*.example.org',
    'ftp://example.org',
    'capacitor://localhost',
    'example.org',
    'null',
    '*',
    '',
    ' https://example.org',
  ])('%s is none', (origin) => {
    const origins = ['https://example.org', origin];
    expect(faultOfLimits({ origins })).toMatch(/^limits\.origins\.1 in body/);
    expect(isLimitsClaim({ origins })).toBe(false);
  });
});

describe('a range of addresses', () => {
  it.each(['192.0.2.1', '10.0.0.0/8', '0.0.0.0/0', '2001:db8::/32', '::1', '::/0'])('%s is one', (range) => {
    expect(faultOfLimits({ cidrs: [range] })).toBeUndefined();
  });

  it.each(['10.0.0.0/33', '::/129', '10.0.0', '10.0.0.0/', '10.0.0.0/8/8', 'localhost', 'fe80::1%lo', ''])(
    '%s is none',
    (range) => {
      expect(faultOfLimits({ cidrs: [range] })).toMatch(/^limits\.cidrs\.0 in body/);
    },
  );
});

describe('a claim', () => {
  it.each<[string, unknown]>([
    ['a limit of a later version', { max_sessions: 1, max_words: 5 }],
    ['no object', ['max_sessions']],
    ['null', null],
    ['zero', { max_sessions: 0 }],
    ['text for a number', { audio_seconds: '60' }],
    ['a fraction', { max_concurrent: 1.5 }],
    ['no origin', { origins: [] }],
    ['a lock on an object', { lock: { language: { $ne: 'en' } } }],
    ['a lock on null', { lock: { language: null } }],
    ['a lock on __proto__', JSON.parse('{"lock":{"__proto__":"x"}}')],
    ['21 locks', { lock: Object.fromEntries(Array.from('abcdefghijklmnopqrstu', (name) => [name, 1])) }],
  ])('with %s is not one we made', (_, claim) => {
    expect(isLimitsClaim(claim)).toBe(false);
  });

  it('may hold all limits, and none', () => {
    const all: Required<LimitsClaim> = {
      max_sessions: 1,
      max_concurrent: 2,
      max_session_seconds: 3,
      audio_seconds: 4,
      origins: ['https://example.org'],
      cidrs: ['10.0.0.0/8'],
      lock: { language: 'en', enable_entities: false },
      client_ref: 'USER123',
    };
    expect(isLimitsClaim(all)).toBe(true);
    expect(isLimitsClaim({})).toBe(true);
    expect(limitsOfClaims(all, 'EU1')).toMatchObject({
      environment: 'EU1',
      maxSessions: 1,
      maxConcurrent: 2,
      maxSessionSeconds: 3,
      audioSeconds: 4,
      origins: ['https://example.org'],
      lock: { language: 'en', enable_entities: false },
    });
    expect(limitsOfClaims()).toEqual({});
  });
});

describe('a request', () => {
  const refusal = (
    limits: TokenLimits,
    from: { origin?: string; address?: string; environment?: string },
  ) => {
    try {
      admitRequest(limits, { origin: undefined, address: '127.0.0.1', environment: 'EU1', ...from });
      return undefined;
    } catch (error) {
      return (error as { code: string; detail: string }).detail;
    }
  };

  it.each([
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '::ffff:a01:203', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/8', '::ffff:11.1.2.3', false],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.10', false],
    ['2001:db8::/32', '2001:DB8:0:0::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['0.0.0.0/0', '::1', false],
    ['0.0.0.0/0', 'unknown', false],
    ['0.0.0.0/0', '10.0.0.1:80', false],
    ['0.0.0.0/0', '', false],
  ])('for %s from %s is admitted: %s', (range, address, admitted) => {
    const limits = limitsOfClaims({ cidrs: ['198.51.100.7', range] });
    expect(refusal(limits, { address })?.startsWith('limits.cidrs: ')).toBe(admitted ? undefined : true);
  });

  it('in another environment, or of another origin, is told which limit it was and nothing more', () => {
    const limits = limitsOfClaims({ origins: ['https://example.org'], cidrs: ['192.0.2.1'] }, 'EU2');
    const everything = [
      refusal(limits, { environment: 'EU1' }),
      refusal(limits, { environment: 'EU2' }),
      refusal(limits, { environment: 'EU2', origin: 'https://example.org' }),
    ];
    expect(everything).toEqual([
      expect.stringMatching(/^limits\.environment: /),
      expect.stringMatching(/^limits\.origins: /),
      expect.stringMatching(/^limits\.cidrs: /),
    ]);
    expect(everything.join()).not.toMatch(/example|192|EU2/);
    const from = { environment: 'EU2', origin: 'https://example.org', address: '192.0.2.1' };
    expect(refusal(limits, from)).toBeUndefined();
  });
});

describe('minting with limits', () => {
  let under: DatabaseUnderTest;
  let database: Database;
  beforeAll(async () => {
    under = await openTestDatabases('embedded');
    database = await under.open({ migrated: true });
  });
  afterAll(() => under.close());

  interface Settings {
    clientRef?: string;
    customerType?: CustomerType;
    regions?: Region[];
    enforceRegion?: boolean;
  }

  async function setUp({ clientRef, enforceRegion = true, ...workspace }: Settings = {}) {
    await emptyTables(database);
    const owner = await insertWorkspace(database, workspace);
    const identity = await createTestIdentity(database, {
      clock: createTestClock(1_900_000_000_000),
      enforceRegion,
    });
    const name = 'key';
    const { secret } = await identity.apiKeys.create(SYSTEM, {
      ...owner,
      name,
      ...(clientRef && { clientRef }),
    });
    const minter = await principalOf(identity.authenticate, secret);
    const mint = (request: Partial<MintRequest>) =>
      identity.temporaryKeys.mint(minter, { type: 'batch', ttlSeconds: 60, ...request });
    const minted = async (request: Partial<MintRequest>) =>
      principalOf(identity.authenticate, await mint(request));
    return { ...identity, mint, minted };
  }

  it('gives a principal that carries them, its id and its birth', async () => {
    const { minted, clock } = await setUp();
    const limits = { max_sessions: 3, origins: ['https://example.org'] };
    expect(await minted({ limits })).toMatchObject({
      tokenId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      issuedAtMs: clock.nowMs,
      expiresAtMs: clock.nowMs + 60_000,
      limits: { maxSessions: 3, origins: ['https://example.org'], environment: 'EU1' },
    });
  });

  it('binds no key to an environment unless something is counted, or it is asked for', async () => {
    const { minted } = await setUp({ customerType: 'enterprise', regions: ['eu', 'usa'] });
    expect(await minted({})).not.toHaveProperty('limits');
    expect(await minted({ limits: {} })).not.toHaveProperty('limits');
    const environmentOf = async (request: Partial<MintRequest>) =>
      (await minted(request)).limits?.environment;
    expect(await environmentOf({ limits: { max_session_seconds: 5, lock: { language: 'en' } } })).toBe(
      undefined,
    );
    expect(await environmentOf({ limits: { max_concurrent: 5 } })).toBe('EU1');
    expect(await environmentOf({ limits: { audio_seconds: 5 }, region: 'usa' })).toBe('US1');
    expect(await environmentOf({ limits: { audio_seconds: 5 }, environment: 'EU2' })).toBe('EU2');
    expect(await environmentOf({ environment: 'EU2' })).toBe('EU2');
    expect(await environmentOf({ type: 'rt', limits: { max_sessions: 5 } })).toBe('EU1');
  });

  it('refuses an environment of another region, product or customer type', async () => {
    const enterprise = await setUp({ customerType: 'enterprise', regions: ['eu', 'usa'] });
    const refused = { code: 'unprocessable' };
    await expect(enterprise.mint({ environment: 'US1' })).rejects.toMatchObject(refused);
    await expect(enterprise.mint({ environment: 'eu1' })).rejects.toMatchObject(refused);
    await expect(enterprise.mint({ type: 'rt', environment: 'EU2' })).rejects.toMatchObject(refused);
    const onDemand = await setUp({ regions: ['eu', 'usa'] });
    await expect(onDemand.mint({ environment: 'EU2' })).rejects.toMatchObject(refused);
    const nowhere = { region: 'usa', limits: { max_sessions: 1 } } as const;
    await expect(onDemand.mint(nowhere)).rejects.toMatchObject(refused);
    const anywhere = await setUp({
      customerType: 'enterprise',
      regions: ['usa', 'eu'],
      enforceRegion: false,
    });
    expect((await anywhere.minted({ environment: 'EU2' })).limits?.environment).toBe('EU2');
  });

  it('takes client_ref for real time alone, and not one that the API key does not stand for', async () => {
    const { mint, minted } = await setUp();
    const limits = { client_ref: 'USER123' };
    await expect(mint({ limits })).rejects.toMatchObject({
      code: 'unprocessable',
      detail: expect.stringContaining('use client_ref'),
    });
    expect((await minted({ type: 'rt', limits })).clientRef).toBe('USER123');
    const bound = await setUp({ clientRef: 'USER456' });
    await expect(bound.mint({ type: 'rt', limits })).rejects.toMatchObject({ code: 'forbidden' });
    const other = { type: 'rt', clientRef: 'USER456', limits } as const;
    await expect(bound.mint(other)).rejects.toMatchObject({ code: 'forbidden' });
    expect((await bound.minted({ type: 'rt' })).clientRef).toBe('USER456');
  });

  it('refuses more than fits into a key', async () => {
    const { mint } = await setUp();
    const origins = Array.from({ length: 20 }, (_, index) => `https://${'a'.repeat(180)}${index}.example`);
    await expect(mint({ limits: { origins } })).rejects.toMatchObject({ code: 'unprocessable' });
    await mint({ limits: { origins: origins.slice(0, 10) } });
  });

  it('is refused by a server that does not know all of them, whoever signed it', async () => {
    const { mint, signingKeys, authenticate } = await setUp();
    const genuine = await mint({ limits: { max_sessions: 1 } });
    const claims = JSON.parse(Buffer.from(genuine.split('.')[1] ?? '', 'base64url').toString());
    const { header, privateKey } = signingKeys.current();
    const sign = (changes: object) => signToken(header, privateKey, { ...claims, ...changes });
    for (const changes of [{ lim: { max_words: 1 } }, { lim: 1 }, { lim: null }, { env: '' }, { env: 1 }]) {
      expect(await outcome(authenticate, await sign(changes)), JSON.stringify(changes)).toBe('bad_claims');
    }
    await principalOf(authenticate, await sign({}));
  });
});
