import { describe, expect, it } from 'vitest';
import type { InstallationUnderTest } from '../helpers/environments.ts';
import { installationOfTest, standbyOfTest } from '../helpers/failover.ts';
import { killServer } from '../helpers/per-test.ts';
import { statesOf } from '../helpers/revocation.ts';
import type { Standby } from '../helpers/standby.ts';

/** The control plane is ended and its standby promoted; returns what tells commands and nodes so. */
async function failOver(installation: InstallationUnderTest, standby: Standby) {
  await killServer(installation.control);
  await installation.controlCluster.crash();
  await standby.promote();
  return { PARLEY_DATABASE_URL: standby.url, PARLEY_CONTROL_CONNECTION: standby.url };
}

async function startControl(installation: InstallationUnderTest, { url }: Standby): Promise<void> {
  installation.control = await installation.startControl({ PARLEY_DATABASE_URL: url });
}

describe('the control database', () => {
  it('moves to its standby; environments go on, and follow it without being copied', async () => {
    const under = await installationOfTest();
    const { installation, environment, usableKey, revoked, statusOf, useAndSee } = under;
    const standby = await standbyOfTest(installation.controlCluster, { isSynchronous: true });
    const [kept, gone] = [await usableKey(), await usableKey()];
    await useAndSee(kept);
    expect(await revoked(gone)).toMatchObject({ complete: true });
    const moved = await failOver(installation, standby);
    expect(await Promise.all([kept, gone].map(statusOf))).toEqual([200, 401]);
    expect(await installation.run(['status'], moved)).toMatchObject({
      code: 1,
      out: expect.stringContaining('gone'),
    });
    const said = await environment.init(moved);
    expect(said).toMatch(/has missed nothing and goes on from a new slot[\s\S]*copies what EU1 has reported/);
    expect(said).not.toContain('copies the tables of keys');
    await startControl(installation, standby);
    const fresh = await usableKey();
    expect(await revoked(fresh)).toMatchObject({ complete: true });
    expect(await statusOf(fresh)).toBe(401);
    await useAndSee(kept, standby.url);
    expect((await installation.run(['status'], moved)).code).toBe(0);
  });

  it('that has lost changes with its primary has its environments copied anew', async () => {
    const { installation, environment, usableKey, createKey, revoked, statusOf } = await installationOfTest();
    const standby = await standbyOfTest(installation.controlCluster, { isSynchronous: false });
    const kept = await usableKey();
    await standby.fallBehind();
    const lost = [await usableKey(), await usableKey(), await usableKey(), await usableKey()];
    const moved = await failOver(installation, standby);
    await startControl(installation, standby);
    // As many changes as were lost: by their count alone nothing would be missing.
    const fresh = [await createKey(), await createKey(), await createKey()] as const;
    const receipt = await revoked(fresh[0], 1);
    expect([receipt.complete, statesOf(receipt).EU1]).toEqual([false, false]);
    const refused = await environment.tryInit(moved);
    expect([refused.code === 0, refused.err]).toEqual([
      false,
      expect.stringContaining('stop its nodes first'),
    ]);
    await environment.server.stop();
    expect(await environment.init(moved)).toContain('copies the tables of keys');
    environment.server = await environment.startNode();
    expect(await Promise.all(lost.map(statusOf))).toEqual(lost.map(() => 401));
    expect(await Promise.all(fresh.map(statusOf))).toEqual([401, 200, 200]);
    expect(await statusOf(kept)).toBe(200);
    expect(await revoked(kept)).toMatchObject({ complete: true });
  });
});
