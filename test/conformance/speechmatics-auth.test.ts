import { createSpeechmaticsJWT, SpeechmaticsJWTError } from '@speechmatics/auth';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../helpers/api.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** The unmodified `@speechmatics/auth` of npm against a running server. */
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ env: { PARLEY_ENGINE: 'scripted' } });
});
afterAll(() => server.stop());

type Options = Parameters<typeof createSpeechmaticsJWT>[0];

const create = (options: Partial<Options> = {}): Promise<string> =>
  createSpeechmaticsJWT({
    type: 'batch',
    apiKey: server.bootstrap.api_key,
    clientRef: 'USER123',
    managementPlatformURL: `${server.baseUrl}/v1`,
    ...options,
  });

const failureOf = (options: Partial<Options>): Promise<unknown> =>
  create(options).then(
    (token) => `no error but ${token}`,
    (error: unknown) => error,
  );

const publicKeys = () => createRemoteJWKSet(new URL(`${server.baseUrl}/.well-known/jwks.json`));

describe('a temporary key', () => {
  it.each([60, 61, 600, 3_600])('lives %i seconds, to the second', async (ttl) => {
    for (const type of ['batch', 'rt'] as const) {
      const { iat = 0, exp = 0 } = decodeJwt(await create({ type, ttl }));
      expect(exp - iat).toBe(ttl);
      expect(Math.abs(iat - Date.now() / 1_000)).toBeLessThan(30);
    }
  });

  it('lives 60 seconds when none are given', async () => {
    const { iat = 0, exp = 0 } = decodeJwt(await create());
    expect(exp - iat).toBe(60);
  });

  it('of type batch is signed with RS256 by a key of the JWK set, for the end user named', async () => {
    const { payload, protectedHeader } = await jwtVerify(await create(), publicKeys(), {
      algorithms: ['RS256'],
      audience: 'batch',
    });
    expect(payload).toMatchObject({ client_ref: 'USER123', region: 'eu' });
    expect(protectedHeader.kid).toEqual(expect.any(String));
  });

  it('of type rt needs no client_ref and carries none', async () => {
    const { apiKey, managementPlatformURL } = {
      apiKey: server.bootstrap.api_key,
      managementPlatformURL: `${server.baseUrl}/v1`,
    };
    const tokens = [
      await createSpeechmaticsJWT({ type: 'rt', apiKey, managementPlatformURL }),
      await create({ type: 'rt', clientRef: 'USER123' }),
    ];
    for (const token of tokens) {
      const { payload } = await jwtVerify(token, publicKeys(), { audience: 'rt' });
      expect(payload).not.toHaveProperty('client_ref');
    }
  });

  it('does not verify once a character of its claims is changed', async () => {
    const [header, claims = '', signature] = (await create()).split('.');
    const forged = Buffer.from(claims, 'base64url').toString().replace('USER123', 'USER456');
    const token = [header, Buffer.from(forged).toString('base64url'), signature].join('.');
    await expect(jwtVerify(token, publicKeys())).rejects.toThrow('signature verification failed');
    expect((await ask(server, '/v2/jobs', { key: token })).status).toBe(401);
  });

  it('stays valid when the signing key is rotated', async () => {
    const before = await create();
    const key = server.bootstrap.operator_token;
    const rotated = await ask(server, '/v1/operator/signing-keys/rotate', { method: 'POST', key });
    expect(rotated.status).toBe(201);
    const after = await create();
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    for (const token of [before, after]) {
      await jwtVerify(token, publicKeys());
      expect((await ask(server, '/v2/jobs', { key: token })).status).toBe(200);
    }
  });
});

describe('a refusal', () => {
  it.each([
    [30, 'ttl in body should be greater than or equal to 60'],
    [59, 'ttl in body should be greater than or equal to 60'],
    [3_601, 'ttl in body should be less than or equal to 3600'],
    [86_400, 'ttl in body should be less than or equal to 3600'],
  ])('of ttl %i is ValidationFailed in the words of the service', async (ttl, message) => {
    const error = await failureOf({ ttl });
    expect(error).toBeInstanceOf(SpeechmaticsJWTError);
    expect(error).toMatchObject({ type: 'ValidationFailed', message });
  });

  it('of a region for the wrong product is ValidationFailed', async () => {
    const error = await failureOf({ type: 'rt', region: 'au' });
    expect(error).toMatchObject({ type: 'ValidationFailed', message: expect.stringContaining('region') });
  });

  it.each(['usa', 'au'] as const)('of the region %s, not contracted, is Unauthorized', async (region) => {
    const error = await failureOf({ region });
    expect(error).toBeInstanceOf(SpeechmaticsJWTError);
    expect(error).toMatchObject({ type: 'Unauthorized' });
  });

  it.each([
    ['a key that was never made', () => `ply_${'0'.repeat(39)}`],
    ['junk', () => 'not-a-key'],
    ['a key with its last character changed', () => changeLast(server.bootstrap.api_key)],
    ['the operator token', () => server.bootstrap.operator_token],
  ])('of %s names the status 401', async (_, apiKey) => {
    const error = await failureOf({ apiKey: apiKey() });
    expect(error).toBeInstanceOf(SpeechmaticsJWTError);
    expect(error).toMatchObject({ type: 'UnknownError', message: 'Got response with status 401' });
  });

  it.each(['batch', 'rt'] as const)(
    'of a temporary key of type %s as minter is Unauthorized',
    async (type) => {
      const error = await failureOf({ apiKey: await create({ type }) });
      expect(error).toMatchObject({ type: 'Unauthorized' });
    },
  );

  it('of a type nobody offers is ValidationFailed', async () => {
    expect(await failureOf({ type: 'tts' })).toMatchObject({
      type: 'ValidationFailed',
      message: expect.stringContaining('type in query should be one of'),
    });
  });
});

const changeLast = (text: string): string => `${text.slice(0, -1)}${text.endsWith('a') ? 'b' : 'a'}`;
