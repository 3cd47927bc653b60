import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, mintKey } from '../helpers/api.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** Of an operator who lets temporary keys live long, open every region, and be signed with another algorithm. */
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_TEMPORARY_KEY_MAX_TTL_SECONDS: '86400',
      PARLEY_TEMPORARY_KEY_REGION: 'ignored',
      PARLEY_SIGNING_ALGORITHM: 'ES256',
    },
  });
});
afterAll(() => server?.stop());

const partOf = (token: string, index: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());

it('a temporary key may live as long as the operator says, and no longer', async () => {
  const { iat, exp } = partOf(await mintKey(server, server.bootstrap.api_key, { ttl: 86_400 }), 1);
  expect(Number(exp) - Number(iat)).toBe(86_400);
  await expect(mintKey(server, server.bootstrap.api_key, { ttl: 86_401 })).rejects.toThrow(
    /422: .*ttl in body should be less than or equal to 86400/,
  );
});

it('a region that is asked for is ignored where the operator says so', async () => {
  const token = await mintKey(server, server.bootstrap.api_key, { region: 'au' });
  expect(partOf(token, 1)).not.toHaveProperty('region');
  expect((await ask(server, '/v2/jobs', { key: token })).status).toBe(200);
});

it('is signed with the algorithm asked for, by a key that everybody finds', async () => {
  const { alg, kid } = partOf(await mintKey(server, server.bootstrap.api_key), 0);
  expect(alg).toBe('ES256');
  const { keys } = (await ask(server, '/.well-known/jwks.json')).json<{ keys: object[] }>();
  expect(keys).toContainEqual(expect.objectContaining({ kid, alg: 'ES256', kty: 'EC', crv: 'P-256' }));
});
