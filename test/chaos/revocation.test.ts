import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, mintKey } from '../helpers/api.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { joinServer, type RunningServer, startServer } from '../helpers/server.ts';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';

/** Two nodes on one database. Keys are revoked on the near one; the far one is reached through a network that fails. */
let databaseUrl: string;
let network: TcpProxy;
let near: RunningServer;
let far: RunningServer;

const LEASE_MS = 5_000;
const RATES = { PARLEY_RATE_READ: '100000/100000', PARLEY_RATE_BAD_CREDENTIALS: '100000/100000' };

beforeAll(async () => {
  databaseUrl = await newDatabase();
  network = await startTcpProxy(databaseUrl);
  const env = { PARLEY_ENGINE: 'scripted', ...RATES };
  near = await startServer({ env: { ...env, PARLEY_DATABASE_URL: databaseUrl } });
  far = await joinServer(near, { ...env, PARLEY_DATABASE_URL: network.url });
});
afterAll(async () => {
  await far?.stop();
  await near?.stop();
  await network?.close();
});

interface Key {
  readonly id: string;
  readonly value: string;
}

async function newKey(properties: object = {}): Promise<Key> {
  const answer = await ask(near, '/v1/api-keys', {
    method: 'POST',
    key: near.bootstrap.management_token,
    body: JSON.stringify({ project_id: near.bootstrap.project_id, name: 'trial', ...properties }),
  });
  const { apikey_id, key_value } = answer.json<{ apikey_id: string; key_value: string }>();
  return { id: apikey_id, value: key_value };
}

interface Receipt {
  readonly complete: boolean;
  readonly environments: readonly { readonly nodes: readonly { readonly state: string }[] }[];
}

async function revoke({ id }: Key, waitSeconds: number): Promise<Receipt> {
  const answer = await ask(near, `/v1/api-keys/${id}?wait=${waitSeconds}`, {
    method: 'DELETE',
    key: near.bootstrap.management_token,
  });
  expect(answer.status).toBe(200);
  return answer.json<{ receipt: Receipt }>().receipt;
}

const statusOn = async (server: RunningServer, key: string): Promise<number> =>
  (await ask(server, '/v2/jobs?limit=1', { key })).status;

const mintOn = async (server: RunningServer, key: string): Promise<number> =>
  (await ask(server, '/v1/api_keys', { method: 'POST', key, body: '{"ttl":60}' })).status;

const health = async (server: RunningServer): Promise<string> =>
  (await ask(server, '/health/ready')).json<{ status: string }>().status;

describe('a revocation with a complete receipt', () => {
  it.each([0, 1, 6])('is known to a warm node that was idle for %i s', async (idleSeconds) => {
    const key = await newKey();
    const tokens = [await mintKey(near, key.value), await mintKey(near, key.value, { type: 'rt' })];
    for (const credential of [key.value, ...tokens]) expect(await statusOn(far, credential)).not.toBe(401);
    expect(await revoke(key, 10)).toMatchObject({ complete: true });
    await sleep(idleSeconds * 1_000);
    for (const credential of [key.value, ...tokens]) {
      expect(await statusOn(far, credential)).toBe(401);
      expect(await statusOn(near, credential)).toBe(401);
    }
  });

  it('is not undone by requests that were under way', async () => {
    for (let round = 0; round < 10; round += 1) {
      const key = await newKey();
      const running = Array.from({ length: 50 }, () => statusOn(far, key.value));
      expect(await revoke(key, 10)).toMatchObject({ complete: true });
      expect(await statusOn(far, key.value)).toBe(401);
      await Promise.all(running);
      expect(await statusOn(far, key.value)).toBe(401);
    }
  });

  it('holds for many keys at once', async () => {
    const keys = await Promise.all(Array.from({ length: 50 }, () => newKey()));
    const after = await Promise.all(
      keys.map(async (key) => {
        expect(await statusOn(far, key.value)).toBe(200);
        await revoke(key, 10);
        return Promise.all([statusOn(far, key.value), statusOn(near, key.value)]);
      }),
    );
    expect(after.flat().filter((status) => status !== 401)).toEqual([]);
  });
});

describe('a node that no longer hears of changes', () => {
  it('uses nothing it remembers once its lease is over, says so, and recovers alone', async () => {
    const key = await newKey();
    const other = await newKey();
    expect(await statusOn(far, key.value)).toBe(200);
    expect(network.freeze('identity_changed')).toBeGreaterThan(0);
    const startedMs = Date.now();
    const receipt = await revoke(key, 20);
    expect(receipt.complete).toBe(true);
    expect(Date.now() - startedMs).toBeLessThan(LEASE_MS + 2_000);
    expect(await statusOn(far, key.value)).toBe(401);
    expect(await statusOn(far, other.value)).toBe(200);
    await expect.poll(() => health(far), { timeout: 20_000 }).toBe('ready');
    expect(await statusOn(far, key.value)).toBe(401);
  });

  it('that has lost the database refuses, except for keys whose policy is to go on', async () => {
    const strict = await newKey();
    const lenient = await newKey({ keep_serving_hours: 1 });
    const unknown = await newKey({ keep_serving_hours: 1 });
    const token = await mintKey(near, lenient.value);
    for (const credential of [strict.value, lenient.value, token]) {
      expect(await statusOn(far, credential)).toBe(200);
    }
    network.cut();
    try {
      await expect.poll(() => mintOn(far, strict.value), { timeout: 2 * LEASE_MS }).toBe(503);
      expect(await mintOn(far, lenient.value)).toBe(201);
      expect(await mintOn(far, unknown.value)).toBe(503);
      // Authenticated, and then stopped by the missing database.
      expect(await mintOn(far, token)).toBe(403);
    } finally {
      network.restore();
    }
    await expect.poll(() => health(far), { timeout: 20_000 }).toBe('ready');
    expect(await mintOn(far, strict.value)).toBe(201);
    await revoke(lenient, 10);
    expect(await mintOn(far, lenient.value)).toBe(401);
  });
});

describe('a signing key that was stolen', () => {
  it('is dead on every node with the receipt, and the others go on', async () => {
    const { api_key, operator_token } = near.bootstrap;
    const token = await mintKey(near, api_key);
    expect(await statusOn(far, token)).toBe(200);
    const kid = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid as string;
    const answer = await ask(near, `/v1/operator/signing-keys/${kid}?wait=10`, {
      method: 'DELETE',
      key: operator_token,
    });
    expect(answer.json<{ receipt: Receipt }>().receipt.complete).toBe(true);
    expect(await statusOn(far, token)).toBe(401);
    expect(await statusOn(near, token)).toBe(401);
    for (const server of [near, far]) {
      const fresh = await mintKey(server, api_key);
      expect(await statusOn(near, fresh)).toBe(200);
      expect(await statusOn(far, fresh)).toBe(200);
    }
  });
});
