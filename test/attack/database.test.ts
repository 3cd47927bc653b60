import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, mintKey } from '../helpers/api.ts';
import { leashedDirectory } from '../helpers/leash.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { bearer, rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';

let databaseUrl: string;
let proxy: TcpProxy;
/** Reaches the database through the proxy. */
let node: RunningServer;
/** Another node of the same environment, directly connected. */
let other: RunningServer;
const otherData = leashedDirectory('parley-other-node-');

beforeAll(async () => {
  databaseUrl = await newDatabase();
  proxy = await startTcpProxy(databaseUrl);
  const rates = { PARLEY_ENGINE: 'scripted', PARLEY_RATE_READ: '10000/100000' };
  node = await startServer({ env: { ...rates, PARLEY_DATABASE_URL: proxy.url } });
  for (const name of ['bootstrap.json', 'pepper'])
    copyFileSync(path.join(node.dataDir, name), path.join(otherData.path, name));
  other = await startServer({
    dataDir: otherData.path,
    env: { ...rates, PARLEY_DATABASE_URL: databaseUrl },
  });
});

afterAll(async () => {
  await Promise.all([node?.stop(), other?.stop()]);
  await proxy?.close();
  await otherData.remove();
});

const listAt = (server: RunningServer, key: string): Promise<number> =>
  rawAnswer(server, requestHead('GET', '/v2/jobs', [bearer(key)])).then(
    ({ status }) => status,
    () => 0,
  );

async function createKey(): Promise<{ key: string; id: string }> {
  const { management_token, project_id } = node.bootstrap;
  const answer = await ask(node, '/v1/api-keys', {
    method: 'POST',
    key: management_token,
    body: JSON.stringify({ project_id, name: 'attacked' }),
  });
  const created = answer.json<{ key_value: string; apikey_id: string }>();
  return { key: created.key_value, id: created.apikey_id };
}

const revokeAtOther = async (id: string): Promise<number> => {
  const key = node.bootstrap.management_token;
  return (await ask(other, `/v1/api-keys/${id}`, { method: 'DELETE', key })).status;
};

/** Milliseconds until the node refuses a key, `undefined` when it does not within the limit. */
async function refusedAfterMs(key: string, limitMs: number): Promise<number | undefined> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < limitMs) {
    if ((await listAt(node, key)) === 401) return performance.now() - startedMs;
    await sleep(50);
  }
  return undefined;
}

describe('a revocation on another node', () => {
  it('is heard at once', async () => {
    const { key, id } = await createKey();
    const child = await mintKey(node, key);
    expect([await listAt(node, key), await listAt(node, child)]).toEqual([200, 200]);
    expect(await revokeAtOther(id)).toBe(200);
    expect(await refusedAfterMs(key, 1_000)).toBeDefined();
    expect(await listAt(node, child)).toBe(401);
  });

  it('is honoured within the lease when the feed is silently dead', async () => {
    const { key, id } = await createKey();
    expect(await listAt(node, key)).toBe(200);
    expect(proxy.freeze('listen "identity_changed"')).toBe(1);
    expect(await revokeAtOther(id)).toBe(200);
    expect(await refusedAfterMs(key, 8_000)).toBeDefined();
    expect(await listAt(node, node.bootstrap.api_key)).toBe(200);
  });
});

describe('the loss of the database', () => {
  it('is answered 503, not as a fault of the server', async () => {
    const { api_key: key } = node.bootstrap;
    expect(await listAt(node, key)).toBe(200);
    proxy.cut();
    const during = await listAt(node, key);
    proxy.restore();
    await sleep(1_000);
    expect(during).toBe(503);
  });

  it('costs requests, but not the server', async () => {
    const { api_key: key } = node.bootstrap;
    for (let turn = 0; turn < 3; turn += 1) {
      let loading = true;
      const statuses = new Set<number>();
      const load = Array.from({ length: 8 }, async () => {
        while (loading) statuses.add(await listAt(node, key));
      });
      await sleep(200);
      proxy.cut();
      await sleep(300);
      const alive = await ask(node, '/health/live').then(
        ({ status }) => status,
        () => 'gone',
      );
      loading = false;
      await Promise.all(load);
      proxy.restore();
      expect(alive).toBe(200);
      const deadlineMs = performance.now() + 5_000;
      while (performance.now() < deadlineMs && (await listAt(node, key)) !== 200) await sleep(100);
      expect(await listAt(node, key)).toBe(200);
    }
    expect((await ask(node, '/health/ready')).status).toBe(200);
  });
});
