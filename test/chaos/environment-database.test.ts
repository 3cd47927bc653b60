import { describe, expect, it } from 'vitest';
import { ask } from '../helpers/api.ts';
import type { EnvironmentUnderTest } from '../helpers/environments.ts';
import { installationOfTest, SOON, standbyOfTest } from '../helpers/failover.ts';
import { killServer } from '../helpers/per-test.ts';
import { query } from '../helpers/query.ts';
import { statesOf } from '../helpers/revocation.ts';

const REFUSED = /EU1 has to be copied anew.*stop its nodes first \(\d+ are running\)/;
const COPIED = /copies the tables of keys[\s\S]*has answered/;

const readiness = async ({ server }: EnvironmentUnderTest) => (await ask(server, '/health/ready')).status;

/** Its nodes are ended and started again on another database. */
async function moveNodes(environment: EnvironmentUnderTest, url: string): Promise<void> {
  await killServer(environment.server);
  environment.server = await environment.startNode({ PARLEY_DATABASE_URL: url });
}

/** Who was killed counts as running until its lease is over. */
const noNodes = (url: string) =>
  expect.poll(() => query(url, 'select node_id from nodes where lease_until > now()'), SOON).toEqual([]);

/** How `init` is told that the database of the environment is another one. */
const movedTo = (url: string) => ({
  PARLEY_ENVIRONMENT_DATABASE_URL: url,
  PARLEY_ENVIRONMENT_CONNECTION: url,
});

describe('a slot that PostgreSQL has given up', () => {
  it('is seen, and init copies the environment anew once its nodes are stopped', async () => {
    const { installation, environment, usableKey, createKey, revoked, statusOf } = await installationOfTest();
    const { controlCluster } = installation;
    const [kept, gone] = [await usableKey(), await usableKey()];
    for (const link of Object.values(environment.links)) link.cut();
    await query(controlCluster.url, `alter system set max_slot_wal_keep_size = '1MB'`);
    await query(controlCluster.url, `select pg_reload_conf()`);
    expect(await revoked(gone, 0)).toMatchObject({ complete: false });
    const late = await createKey();
    for (let segment = 0; segment < 4; segment += 1) {
      await query(controlCluster.url, `select pg_logical_emit_message(false, 'test', 'what fills the log')`);
      await query(controlCluster.url, `select pg_switch_wal()`);
    }
    await query(controlCluster.url, `checkpoint`);
    await expect
      .poll(() => installation.run(['status']), SOON)
      .toMatchObject({ code: 1, out: expect.stringMatching(/EU1 +eu .* lost, not read/) });
    for (const link of Object.values(environment.links)) link.restore();
    const refused = await environment.tryInit();
    expect([refused.code === 0, refused.err]).toEqual([false, expect.stringMatching(REFUSED)]);
    expect(await statusOf(kept)).toBe(200);
    expect(await environment.server.stop()).toBe(0);
    expect(await environment.init()).toMatch(COPIED);
    environment.server = await environment.startNode();
    expect(await Promise.all([kept, late, gone].map(statusOf))).toEqual([200, 200, 401]);
    expect(await revoked(kept)).toMatchObject({ complete: true });
    expect((await installation.run(['status'])).code).toBe(0);
  });
});

describe('the database of an environment', () => {
  it('moves to its synchronous standby, and init mends both links without copying keys', async () => {
    const under = await installationOfTest();
    const { installation, environment, usableKey, revoked, statusOf, useAndSee } = under;
    const standby = await standbyOfTest(environment.cluster, { isSynchronous: true });
    const [kept, gone] = [await usableKey(), await usableKey()];
    await useAndSee(kept);
    expect(await revoked(gone)).toMatchObject({ complete: true });
    await environment.cluster.crash();
    await standby.promote();
    await moveNodes(environment, standby.url);
    expect(await Promise.all([kept, gone].map(statusOf))).toEqual([200, 401]);
    // New keys come by the link that was copied; nothing is heard of them until the other one is mended.
    const fresh = await usableKey();
    const unheard = await revoked(fresh, 1);
    expect([unheard.complete, statesOf(unheard).EU1]).toEqual([false, false]);
    await expect.poll(async () => (await installation.run(['status'])).code, SOON).toBe(1);
    const said = await environment.init(movedTo(standby.url));
    expect(said).toMatch(/follows it already[\s\S]*copies what EU1 has reported[\s\S]*has answered/);
    expect((await installation.run(['status'])).code).toBe(0);
    expect(await statusOf(fresh)).toBe(401);
    await useAndSee(kept);
    expect(await revoked(kept)).toMatchObject({ complete: true });
    expect(await statusOf(kept)).toBe(401);
  });

  it('that has lost the last change with its primary is noticed, serves no more, and is copied anew', async () => {
    const under = await installationOfTest();
    const { installation, environment, usableKey, revoked, statusOf, useAndSee } = under;
    const standby = await standbyOfTest(environment.cluster, { isSynchronous: false });
    const [kept, gone] = [await usableKey(), await usableKey()];
    await standby.fallBehind();
    expect(await revoked(gone)).toMatchObject({ complete: true });
    environment.links.toControl.cut();
    await environment.cluster.crash();
    await standby.promote();
    await killServer(environment.server);
    // No change comes after the one that was lost, and it shows all the same, as soon as the two are linked again.
    const moved = { ...movedTo(standby.url), PARLEY_CONTROL_CONNECTION: installation.controlCluster.url };
    const first = await environment.tryInit(moved);
    expect([first.code === 0, first.err]).toEqual([
      false,
      expect.stringContaining(
        'EU1 has answered that it lacks changes of keys: stop its nodes and run this again',
      ),
    ]);
    const late = await environment.startNode({ PARLEY_DATABASE_URL: standby.url }).catch(String);
    expect(late).toMatch(/the database of EU1 lacks changes of keys: run parley environments init EU1/);
    await noNodes(standby.url);
    expect(await environment.init(moved)).toMatch(COPIED);
    environment.server = await environment.startNode({ PARLEY_DATABASE_URL: standby.url });
    expect(await Promise.all([kept, gone].map(statusOf))).toEqual([200, 401]);
    await useAndSee(kept);
    expect(await revoked(kept)).toMatchObject({ complete: true });
  });

  it('that has lost changes under nodes that run makes them not ready, and no receipt completes', async () => {
    const { installation, environment, usableKey, revoked, statusOf } = await installationOfTest();
    const standby = await standbyOfTest(environment.cluster, { isSynchronous: false });
    const [kept, gone] = [await usableKey(), await usableKey()];
    await standby.fallBehind();
    expect(await revoked(gone)).toMatchObject({ complete: true });
    environment.links.toControl.cut();
    await environment.cluster.crash();
    await standby.promote();
    await moveNodes(environment, standby.url);
    expect(await readiness(environment)).toBe(200);
    environment.links.toControl.restore();
    await expect.poll(() => readiness(environment), SOON).toBe(503);
    const refused = await environment.tryInit(movedTo(standby.url));
    expect([refused.code === 0, refused.err]).toEqual([false, expect.stringMatching(REFUSED)]);
    // The link is as it was: what is changed from now on comes.
    const next = await usableKey();
    const receipt = await revoked(next, 2);
    expect([receipt.complete, statesOf(receipt).EU1]).toEqual([false, false]);
    // Its answers are missing: seen after some seconds.
    await expect.poll(async () => (await installation.run(['status'])).code, SOON).toBe(1);
    await environment.server.stop();
    await noNodes(standby.url);
    expect(await environment.init(movedTo(standby.url))).toMatch(COPIED);
    environment.server = await environment.startNode({ PARLEY_DATABASE_URL: standby.url });
    expect(await readiness(environment)).toBe(200);
    expect(await Promise.all([gone, next, kept].map(statusOf))).toEqual([401, 401, 200]);
    expect(await revoked(kept)).toMatchObject({ complete: true });
  });
});
