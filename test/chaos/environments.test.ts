import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Address, ask, mintKey } from '../helpers/api.ts';
import {
  type EnvironmentUnderTest,
  type InstallationUnderTest,
  startInstallation,
} from '../helpers/environments.ts';
import { startLoad, type Tally } from '../helpers/load.ts';
import { type Customer, type NewKey, newCustomer, newKey } from '../helpers/management.ts';
import { killServer } from '../helpers/per-test.ts';
import { parsePage } from '../helpers/prometheus.ts';
import { query } from '../helpers/query.ts';
import { refusedUpgrade } from '../helpers/realtime.ts';
import { revoke, statesOf } from '../helpers/revocation.ts';

/** A control plane and the two environments of one region, each on a PostgreSQL of its own. */
let installation: InstallationUnderTest;
let one: EnvironmentUnderTest;
let other: EnvironmentUnderTest;
let customer: Customer;

const RATES = {
  PARLEY_RATE_READ: '100000/100000',
  PARLEY_RATE_SUBMIT: '100000/100000',
  PARLEY_RATE_BAD_CREDENTIALS: '100000/100000',
};
/** What takes some seconds may take longer on a busy machine. */
const SOON = { timeout: 60_000, interval: 200 };
const LEASE_MS = 5_000;

beforeAll(async () => {
  installation = await startInstallation(['EU1', 'EU2'], RATES);
  [one, other] = installation.environments as [EnvironmentUnderTest, EnvironmentUnderTest];
  customer = await newCustomer(installation.control, {
    customer_type: 'enterprise',
    temporary_keys_enabled: true,
    regions: ['eu'],
    max_running_jobs: 100_000,
  });
});
afterAll(() => installation?.close());
/** Whatever a test has cut or ended is there for the next one. */
afterEach(async () => {
  for (const { links } of [one, other]) for (const link of Object.values(links)) link.restore();
});

const statusAt = async (server: Address, key: string) =>
  (await ask(server, '/v2/jobs?limit=1', { key })).status;
const upgradeAt = async (server: Address, key: string) => {
  const refused = await refusedUpgrade(server, { key }).catch(() => undefined);
  return refused?.status ?? 101;
};

/** Keys that no node has been asked for yet, present in both environments. */
async function newKeys(count: number): Promise<NewKey[]> {
  const keys = await Promise.all(Array.from({ length: count }, () => newKey(installation.control, customer)));
  // Changes come in their order, so who has the last one has all of them.
  const last = await newKey(installation.control, customer);
  for (const { server } of [one, other]) {
    await expect.poll(() => statusAt(server, last.value), SOON).toBe(200);
  }
  return keys;
}

const valuesOf = (keys: readonly NewKey[]) => keys.map(({ value }) => value);
const minted = (keys: readonly NewKey[], type: 'batch' | 'rt') =>
  Promise.all(keys.map(({ value }) => mintKey(installation.control, value, { type })));

/** Answers that say that somebody was not let in, or that his key could not be looked up. */
const refusals = (tally: Tally) =>
  Object.entries(tally).filter(([answer]) => !['200', '201', '101', 'none'].includes(answer));

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1_000));

const status = async () => {
  const { code, out } = await installation.run(['status', '--json']);
  const found = JSON.parse(out) as {
    environment: string;
    changesBehind: number;
    hasMissedChanges: boolean;
  }[];
  return { code, of: (name: string) => found.find(({ environment }) => environment === name) };
};

describe('without the control plane', () => {
  it('environments refuse no key and no temporary key, whether or not a node has seen it, nor on a new node', async () => {
    const known = await newKeys(4);
    const cold = await newKeys(20);
    const batch = [...valuesOf(known), ...(await minted(known, 'batch'))];
    const realtime = [valuesOf(known)[0] ?? '', ...(await minted(known.slice(0, 2), 'rt'))];
    const coldBatch = [...valuesOf(cold), ...(await minted(cold, 'batch'))];
    const coldRealtime = await minted(cold, 'rt');
    const loads = [
      await startLoad(() => [one.server], { batch, realtime }),
      await startLoad(() => [other.server], { batch, realtime }),
    ];
    await killServer(installation.control);
    await installation.controlCluster.crash();
    try {
      await seconds((2 * LEASE_MS) / 1_000);
      const late = await one.startNode();
      const servers = [one.server, other.server, late];
      const answers = await Promise.all(
        servers.flatMap((server) => [
          ...coldBatch.map((key) => statusAt(server, key)),
          ...[...coldRealtime, ...realtime].map((key) => upgradeAt(server, key)),
        ]),
      );
      expect(answers).toHaveLength(3 * 63);
      expect(answers.filter((answer) => answer !== 200 && answer !== 101)).toEqual([]);
      const onLate = await startLoad(() => [late], { batch, realtime });
      await seconds(3);
      for (const load of [...loads, onLate]) {
        const tally = await load.stop();
        expect(refusals(tally)).toEqual([]);
        expect(tally.none ?? 0).toBe(0);
        for (const answer of [200, 201, 101]) expect(tally[answer]).toBeGreaterThan(10);
      }
      await late.stop();
    } finally {
      await installation.controlCluster.start();
      installation.control = await installation.startControl();
    }
    // What was linked finds itself again.
    const [again] = (await newKeys(1)) as [NewKey];
    expect(await revoke(installation.control, customer, again, 30)).toMatchObject({ complete: true });
  });
});

describe('an environment that dies', () => {
  it('costs nobody who moves to its sibling; receipts wait for it until it is back and has caught up', async () => {
    const known = await newKeys(4);
    const [gone, otherGone] = (await newKeys(2)) as [NewKey, NewKey];
    const batch = [...valuesOf(known), ...(await minted(known, 'batch'))];
    const realtime = [valuesOf(known)[0] ?? '', ...(await minted(known.slice(0, 2), 'rt'))];
    for (const { server } of [one, other]) expect(await statusAt(server, gone.value)).toBe(200);
    const moving = await startLoad(() => [one.server, other.server], { batch, realtime });
    const staying = await startLoad(() => [other.server], { batch, realtime });
    await seconds(2);
    await Promise.all([killServer(one.server), one.cluster.crash()]);
    try {
      const receipt = await revoke(installation.control, customer, gone, 2);
      expect([receipt.complete, statesOf(receipt)]).toEqual([
        false,
        expect.objectContaining({ EU1: false, EU2: true }),
      ]);
      expect(await statusAt(other.server, gone.value)).toBe(401);
      await seconds(LEASE_MS / 1_000 + 2);
      const moved = await moving.stop();
      const stayed = await staying.stop();
      expect([refusals(moved), refusals(stayed), stayed.none ?? 0]).toEqual([[], [], 0]);
      expect(moved.none).toBeGreaterThan(10);
      for (const answer of [200, 201, 101]) {
        expect(moved[answer]).toBeGreaterThan(10);
        expect(stayed[answer]).toBeGreaterThan(10);
      }
    } finally {
      await one.cluster.start();
      one.server = await one.startNode();
    }
    // A receipt stands for every change before its own.
    const later = await revoke(installation.control, customer, otherGone, 30);
    expect([later.complete, statesOf(later)]).toEqual([
      true,
      expect.objectContaining({ EU1: true, EU2: true }),
    ]);
    expect(await statusAt(one.server, gone.value)).toBe(401);
    expect(await statusAt(one.server, known[0]?.value ?? '')).toBe(200);
  });
});

describe('an environment that the control plane cannot reach', () => {
  const cut = () => {
    for (const link of Object.values(one.links)) link.cut();
  };
  const restore = () => {
    for (const link of Object.values(one.links)) link.restore();
  };
  const metric = async (name: string) => {
    const { operator_token: key } = installation.control.bootstrap;
    const page = parsePage((await ask(installation.control, '/metrics', { key })).text);
    const family = page.find((each) => each.name === name);
    return family?.samples.find(({ labels }) => labels.environment === 'EU1')?.value;
  };

  it('goes on with what it knows, which is seen, and hears of a revocation as soon as it can', async () => {
    const [key, revoked, last] = (await newKeys(3)) as [NewKey, NewKey, NewKey];
    for (const { value } of [key, revoked]) expect(await statusAt(one.server, value)).toBe(200);
    expect((await status()).code).toBe(0);
    cut();
    const receipt = await revoke(installation.control, customer, revoked, 2);
    expect([receipt.complete, statesOf(receipt)]).toEqual([
      false,
      expect.objectContaining({ EU1: false, EU2: true }),
    ]);
    expect(await statusAt(other.server, revoked.value)).toBe(401);
    await expect.poll(() => metric('parley_environment_lag_seconds'), SOON).toBeGreaterThan(LEASE_MS / 1_000);
    // The lease of its nodes is of its own database, so they remember still, and this is the price of going on.
    expect(await statusAt(one.server, key.value)).toBe(200);
    expect(await statusAt(one.server, revoked.value)).toBe(200);
    expect(await metric('parley_environment_slot_active')).toBe(0);
    const seen = await status();
    expect([seen.code, seen.of('EU1')?.changesBehind, seen.of('EU2')?.changesBehind]).toEqual([1, 1, 0]);
    restore();
    await expect.poll(() => statusAt(one.server, revoked.value), SOON).toBe(401);
    expect(await revoke(installation.control, customer, last, 30)).toMatchObject({ complete: true });
    await expect.poll(async () => (await status()).code, SOON).toBe(0);
    await expect.poll(() => metric('parley_environment_slot_active'), SOON).toBe(1);
  });

  it('applies the changes of hours, all of them and in their order', async () => {
    const before = await newKeys(20);
    for (const { value } of before) expect(await statusAt(one.server, value)).toBe(200);
    cut();
    await changeManyKeys(3_000);
    const after: NewKey[] = [];
    for (const [at, key] of before.entries()) {
      after.push(await newKey(installation.control, customer));
      if (at % 2 === 0) await revoke(installation.control, customer, key, 0);
    }
    const behind = (await status()).of('EU1')?.changesBehind;
    expect(behind).toBeGreaterThan(6_000);
    restore();
    const versions = async () => {
      const read = async (url: string) =>
        (await query<{ version: number }>(url, 'select version from identity_head'))[0];
      return [await read(one.cluster.url), await read(installation.controlCluster.url)] as const;
    };
    await expect
      .poll(async () => (await status()).of('EU1')?.changesBehind, { ...SOON, timeout: 110_000 })
      .toBe(0);
    const [there, here] = await versions();
    expect(there).toEqual(here);
    expect(await query(one.cluster.url, 'select missed_at from environment_database')).toEqual([
      { missed_at: null },
    ]);
    const revokedOf = (url: string) =>
      query(
        url,
        `select count(*) as keys, count(revoked_at) as revoked, md5(string_agg(api_key_id || coalesce(revoked_at::text, ''), ',' order by api_key_id)) as digest from api_keys where 'eu' = any (regions)`,
      );
    expect(await revokedOf(one.cluster.url)).toEqual(await revokedOf(installation.controlCluster.url));
    const wanted = before.map((_, at) => (at % 2 === 0 ? 401 : 200));
    expect(await Promise.all(valuesOf(before).map((key) => statusAt(one.server, key)))).toEqual(wanted);
    expect(await Promise.all(valuesOf(after).map((key) => statusAt(one.server, key)))).toEqual(
      after.map(() => 200),
    );
    expect(await statusAt(other.server, before[0]?.value ?? '')).toBe(401);
  });

  /** Keys that are made and revoked at once, some in each transaction, as the API does with one. */
  async function changeManyKeys(count: number): Promise<void> {
    const { workspaceId, projectId } = customer;
    for (let made = 0; made < count; made += 100) {
      await query(
        installation.controlCluster.url,
        `insert into api_keys (api_key_id, digest, workspace_id, project_id, name, regions)
           select 'key_many' || n, decode(md5('many' || n), 'hex'), $1, $2, 'many', '{eu}'
             from generate_series($3::integer, $4::integer) n`,
        [workspaceId, projectId, made + 1, made + 100],
      );
      await query(
        installation.controlCluster.url,
        `update api_keys set revoked_at = now() where api_key_id like 'key_many%' and revoked_at is null`,
      );
    }
  }
});
