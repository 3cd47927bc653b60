import { expect, onTestFinished } from 'vitest';
import { type Address, ask, endOfJob, submitSpeech } from './api.ts';
import { type EnvironmentUnderTest, type InstallationUnderTest, startInstallation } from './environments.ts';
import { type Customer, type NewKey, newCustomer, newKey } from './management.ts';
import type { PostgresCluster } from './postgres.ts';
import { query } from './query.ts';
import { revoke, type WireReceipt } from './revocation.ts';
import { type Standby, startStandby } from './standby.ts';

/** What takes some seconds may take longer on a busy machine. */
export const SOON = { timeout: 60_000, interval: 200 };

/** An installation with one environment, for one test: what that ends does not come back. */
export interface FailoverUnderTest {
  readonly installation: InstallationUnderTest;
  readonly environment: EnvironmentUnderTest;
  createKey(): Promise<NewKey>;
  /** One that works in the environment. */
  usableKey(): Promise<NewKey>;
  /** The receipt of its revocation; waits for 30 s unless told otherwise. */
  revoked(key: NewKey, waitSeconds?: number): Promise<WireReceipt>;
  statusOf(key: NewKey): Promise<number>;
  /** A job is done in the environment, and its usage comes to the control database. */
  useAndSee(key: NewKey, controlUrl?: string): Promise<void>;
}

export async function installationOfTest(): Promise<FailoverUnderTest> {
  const installation = await startInstallation(['EU1']);
  onTestFinished(() => installation.close());
  const [environment] = installation.environments as [EnvironmentUnderTest];
  const customer: Customer = await newCustomer(installation.control, {
    customer_type: 'enterprise',
    regions: ['eu'],
  });
  const createKey = () => newKey(installation.control, customer);
  const statusOf = (key: NewKey) => statusAt(environment.server, key);
  return {
    installation,
    environment,
    createKey,
    statusOf,
    async usableKey() {
      const key = await createKey();
      await expect.poll(() => statusOf(key), SOON).toBe(200);
      return key;
    },
    revoked: (key, waitSeconds = 30) => revoke(installation.control, customer, key, waitSeconds),
    async useAndSee({ value }, controlUrl = installation.controlCluster.url) {
      const before = await usedJobs(controlUrl);
      const id = await submitSpeech(environment.server, value);
      expect(await endOfJob(environment.server, value, id)).toMatchObject({ status: 'done' });
      await expect.poll(() => usedJobs(controlUrl), SOON).toBe(before + 1);
    },
  };
}

const statusAt = async (server: Address, { value }: NewKey): Promise<number> =>
  (await ask(server, '/v2/jobs?limit=1', { key: value })).status;

export async function standbyOfTest(
  primary: PostgresCluster,
  options: { isSynchronous: boolean },
): Promise<Standby> {
  const standby = await startStandby(primary, options);
  onTestFinished(() => standby.stop());
  return standby;
}

async function usedJobs(controlUrl: string): Promise<number> {
  const [row] = await query<{ count: number }>(
    controlUrl,
    `select coalesce(sum(count), 0)::integer as count from usage_daily where environment = 'EU1'`,
  );
  return row?.count ?? 0;
}
