import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Address, ask, mintKey } from '../helpers/api.ts';
import { type InstallationUnderTest, startInstallation } from '../helpers/environments.ts';
import { type Customer, type NewKey, newCustomer, newKey } from '../helpers/management.ts';
import { query } from '../helpers/query.ts';
import { revoke, statesOf } from '../helpers/revocation.ts';
import type { RunningServer } from '../helpers/server.ts';
import { nodesOf, startTroubled, TROUBLES, type Trouble, type Troubled } from '../helpers/troubles.ts';

/** A control plane, an environment with two nodes, and one with one. */
let installation: InstallationUnderTest;
let under: Troubled;
let customer: Customer;

const SOON = { timeout: 60_000, interval: 100 };
const ROUNDS = 3;
const KEYS = 5;

beforeAll(async () => {
  installation = await startInstallation(['EU1', 'EU2'], {
    PARLEY_LEASE_SECONDS: '2',
    PARLEY_RATE_READ: '100000/100000',
    PARLEY_RATE_BAD_CREDENTIALS: '100000/100000',
  });
  under = await startTroubled(installation);
  customer = await newCustomer(installation.control, {
    customer_type: 'enterprise',
    temporary_keys_enabled: true,
    regions: ['eu'],
  });
});
afterAll(async () => {
  await installation?.close();
  await under?.network.close();
});

const statusAt = async (server: Address, key: string) =>
  (await ask(server, '/v2/jobs?limit=1', { key })).status;

interface Trial {
  readonly key: NewKey;
  /** Its value, and a temporary key of it. */
  readonly credentials: readonly string[];
}

/** Keys and temporary keys that every node holds in memory. */
async function newTrials(): Promise<Trial[]> {
  return Promise.all(
    Array.from({ length: KEYS }, async () => {
      const key = await newKey(installation.control, customer);
      const credentials = [key.value, await mintKey(installation.control, key.value)];
      for (const server of nodesOf(under)) {
        await expect.poll(() => statusAt(server, key.value), SOON).toBe(200);
        for (const credential of credentials) expect(await statusAt(server, credential)).toBe(200);
      }
      return { key, credentials };
    }),
  );
}

/** What is still accepted of trials whose receipts have said that nothing is. */
async function accepted(servers: readonly RunningServer[], trials: readonly Trial[]): Promise<number> {
  const statuses = await Promise.all(
    servers.flatMap((server) =>
      trials.flatMap(({ credentials }) => credentials.map((credential) => statusAt(server, credential))),
    ),
  );
  return statuses.filter((status) => status !== 401).length;
}

const count = { complete: 0, incomplete: 0 };

/** What goes wrong begins before the revocations or in the midst of them; returns how much is accepted after. */
async function round(begin: Trouble): Promise<number> {
  const trials = await newTrials();
  const waitSeconds = Math.random() < 0.5 ? 1 : 4; // shorter and longer than a lease
  const revokeAll = () =>
    Promise.all(trials.map(({ key }) => revoke(installation.control, customer, key, waitSeconds)));
  const early = Math.random() < 0.5 ? await begin(under) : undefined;
  const revoking = revokeAll();
  await sleep(Math.random() * 20);
  const { unheard, end } = early ?? (await begin(under));
  let done: Trial[] = [];
  let after = 0;
  try {
    const receipts = await revoking;
    done = trials.filter((_, at) => receipts[at]?.complete);
    count.complete += done.length;
    count.incomplete += trials.length - done.length;
    const heard = nodesOf(under).filter((server) => !unheard.includes(server));
    after += await accepted(heard, done);
  } finally {
    await end();
  }
  after += await accepted(nodesOf(under), done);
  const last = await newKey(installation.control, customer);
  expect(await revoke(installation.control, customer, last, 30)).toMatchObject({ complete: true });
  return after + (await accepted(nodesOf(under), trials));
}

describe('what is revoked with a complete receipt', () => {
  it.each(Object.entries(TROUBLES))('is accepted by no node of any environment when %s', async (_, begin) => {
    for (let done = 0; done < ROUNDS; done += 1) expect(await round(begin)).toBe(0);
  });

  it('is so of some revocations at once, and not of others', () => {
    expect(count.complete).toBeGreaterThanOrEqual(15);
    expect(count.incomplete).toBeGreaterThanOrEqual(10);
  });

  it('waits for a node that has just begun to listen', async () => {
    const lease = (until: string) =>
      query(
        under.one.cluster.url,
        `insert into nodes (node_id, environments, lease_until, applied_version, roles)
           values ('node_new', '{EU1}', ${until}, -1, '{api}')
         on conflict (node_id) do update set lease_until = excluded.lease_until`,
      );
    await lease(`now() + interval '1 hour'`);
    const receipt = await revoke(
      installation.control,
      customer,
      await newKey(installation.control, customer),
      2,
    );
    expect([receipt.complete, statesOf(receipt).EU1]).toEqual([false, false]);
    await lease('now()');
    expect(
      await revoke(installation.control, customer, await newKey(installation.control, customer), 30),
    ).toMatchObject({ complete: true });
    await query(under.one.cluster.url, `delete from nodes where node_id = 'node_new'`);
  });
});
