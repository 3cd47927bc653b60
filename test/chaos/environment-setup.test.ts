import { execFileSync } from 'node:child_process';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask } from '../helpers/api.ts';
import type { EnvironmentUnderTest } from '../helpers/environments.ts';
import { installationOfTest, SOON } from '../helpers/failover.ts';
import { killServer } from '../helpers/per-test.ts';
import { type PostgresCluster, startPostgres } from '../helpers/postgres.ts';
import { query } from '../helpers/query.ts';
import { statesOf } from '../helpers/revocation.ts';

async function emptyPostgres(): Promise<PostgresCluster> {
  const cluster = await startPostgres();
  onTestFinished(() => cluster.stop());
  return cluster;
}

const at = (url: string) => ({ PARLEY_ENVIRONMENT_DATABASE_URL: url, PARLEY_ENVIRONMENT_CONNECTION: url });

/** Refused with a sentence, and nothing else of it was done. */
async function expectRefusal(trying: ReturnType<EnvironmentUnderTest['tryInit']>, sentence: string) {
  const { code, err } = await trying;
  expect([code === 0, err]).toEqual([false, expect.stringContaining(sentence)]);
}

describe('an environment whose database is gone for good', () => {
  it('begins with an empty one; what was counted and logged before stays, also on the same day', async () => {
    const { installation, environment, usableKey, revoked, useAndSee } = await installationOfTest();
    const control = installation.controlCluster.url;
    const kept = await usableKey();
    await useAndSee(kept);
    // As if it had been served from the control database before.
    await query(
      control,
      `insert into usage_daily select environment, day - 1, workspace_id, project_id, api_key_id, client_ref, mode, type,
         language, operating_point, count, audio_seconds, 'control' from usage_daily where origin = 'EU1'`,
    );
    await killServer(environment.server);
    await environment.cluster.crash();

    const next = await emptyPostgres();
    await expect.poll(async () => (await installation.run(['status'])).code, SOON).toBe(1);
    await environment.init(at(next.url));
    environment.server = await environment.startNode({ PARLEY_DATABASE_URL: next.url });
    await useAndSee(kept);
    expect(
      await query(
        control,
        `select origin, sum(count)::integer as count from usage_daily group by 1 order by 1`,
      ),
    ).toEqual([
      { origin: 'EU1', count: 1 },
      { origin: 'EU1.2', count: 1 },
      { origin: 'control', count: 1 },
    ]);
    expect(await Promise.all(['EU1', 'EU1.2'].map(hasLog))).toEqual([true, true]);
    expect(await revoked(kept)).toMatchObject({ complete: true });

    async function hasLog(name: string): Promise<boolean> {
      const { operator_token: key } = installation.control.bootstrap;
      const path = `/v1/operator/audit/verify?environment=${name}`;
      return (await ask(installation.control, path, { key })).json<{ ok?: boolean }>().ok === true;
    }
  });
});

describe('an environment that answers', () => {
  it('is not replaced or let go while its nodes run, which would hear of nothing more; let go, none starts', async () => {
    const { installation, environment, usableKey, revoked, useAndSee } = await installationOfTest();
    const [control, own] = [installation.controlCluster.url, environment.cluster.url];
    const key = await usableKey();
    const other = await emptyPostgres();
    await expectRefusal(environment.tryInit(at(other.url)), 'EU1 answers from another database');
    const remove = () => installation.run(['remove', 'EU1'], at(own));
    await expectRefusal(remove(), 'stop its nodes first (1 are running)');
    await whileSomebodyElseSetsUp(control, () =>
      expectRefusal(environment.tryInit(), 'are being set up by somebody else'),
    );
    expect(await environment.init()).toContain('follows it already');
    expect(await revoked(key)).toMatchObject({ complete: true });

    await environment.server.stop();
    expect(await remove()).toMatchObject({ code: 0 });
    await expect(environment.startNode()).rejects.toThrow(/run parley environments init EU1/);
    // The users by which the two sides reach each other need not be more than readers (docs/environments.md).
    const said = await environment.init({
      PARLEY_CONTROL_CONNECTION: await readerOf(control, FOLLOWED),
      PARLEY_ENVIRONMENT_CONNECTION: await readerOf(own, REPORTED),
    });
    expect(said).toMatch(/copies the tables of keys[\s\S]*has answered/);
    environment.server = await environment.startNode();
    await useAndSee(await usableKey());
    for (const url of [control, own]) {
      const links = () => query(url, `select 1 from pg_stat_replication where usename = 'follower'`);
      await expect.poll(links, SOON).toHaveLength(1);
    }
  });
});

const FOLLOWED =
  'workspaces, projects, api_keys, client_ref_cutoffs, erasures, signing_keys, identity_head, control_heartbeat';
const REPORTED =
  'nodes, audit_events, audit_heads, refusals, api_key_last_used, usage_daily, environment_receipts, erasures_done';

async function readerOf(url: string, tables: string): Promise<string> {
  await query(url, `create role follower login replication password 'follower'`);
  await query(url, `grant select on ${tables} to follower`);
  return Object.assign(new URL(url), { username: 'follower', password: 'follower' }).href;
}

async function whileSomebodyElseSetsUp(controlUrl: string, work: () => Promise<void>): Promise<void> {
  const other = new pg.Client({ connectionString: controlUrl });
  await other.connect();
  await other.query(`select pg_advisory_lock(hashtext('parley environments'))`);
  await work();
  await other.end();
}

describe('who has taken over the database of an environment', () => {
  it('is not believed about others, empties no table, and brings no further one to the control database', async () => {
    const { installation, environment } = await installationOfTest();
    const control = installation.controlCluster.url;
    const own = environment.cluster.url;
    /** Its reports stop, which is seen. */
    const expectLate = () =>
      expect
        .poll(async () => (await installation.run(['status'])).out, SOON)
        .toMatch(/EU1 +eu +\d+ changes +(5|6|7|8|9|\d\d)\.\d s ago/);
    const held = async () =>
      (
        await query(
          control,
          `select (select count(*) from audit_heads) as heads, (select count(*) from nodes) as nodes,
         (select array_agg(environment) from environment_receipts) as receipts,
         (select array_agg(name) from admin_tokens) as tokens`,
        )
      )[0];
    const before = await held();

    await query(control, `insert into environments (environment, region) values ('US1', 'usa')`);
    const forged = `'US1', 'US1', 1e9, now()`;
    await query(
      own,
      `insert into environment_receipts (environment, origin, applied_version, heard_at) values (${forged})`,
    );
    await expectLate();
    expect(await held()).toEqual(before);

    await query(
      own,
      `create function more() returns event_trigger language plpgsql as $$ begin
         if not exists (select from pg_publication_tables where tablename = 'admin_tokens') then
           alter publication parley_report add table admin_tokens;
         end if;
       end $$;
       create event trigger more on ddl_command_end when tag in ('ALTER PUBLICATION') execute function more();`,
    );
    await dropSlots(own);
    await expectRefusal(environment.tryInit(), 'the database of EU1 publishes other tables');
    expect(await held()).toMatchObject({ tokens: before?.tokens });

    await query(own, `drop event trigger more; delete from environment_receipts where environment = 'US1'`);
    await environment.init();
    expect(await held()).toEqual(before);
    await query(own, `alter publication parley_report set (publish = 'insert, update, delete, truncate')`);
    await query(own, `truncate audit_heads, nodes`);
    await expectLate();
    expect(await held()).toEqual(before);
  });
});

async function dropSlots(url: string): Promise<void> {
  await query(url, `select pg_terminate_backend(active_pid) from pg_replication_slots`);
  const drop = () =>
    query(url, `select pg_drop_replication_slot(slot_name) from pg_replication_slots`).then(
      () => true,
      () => false, // read again by now
    );
  await expect.poll(drop, SOON).toBe(true);
}

describe('the control database', () => {
  it('put back from a copy of its disk gives no number out twice: environments know more than it does', async () => {
    const { installation, environment, usableKey, createKey, revoked, statusOf } = await installationOfTest();
    const cluster = installation.controlCluster;
    const kept = await usableKey();
    await installation.control.stop();
    await cluster.crash();
    const { data } = cluster.place;
    const copy = `${data}-copy`;
    execFileSync('cp', ['-a', data, copy]);
    await cluster.start();
    installation.control = await installation.startControl();
    const lost = [await usableKey(), await usableKey(), await usableKey()];
    await installation.control.stop();
    await cluster.crash();
    execFileSync('rm', ['-r', data]);
    execFileSync('mv', [copy, data]);
    await cluster.start();

    await expectRefusal(environment.tryInit(), 'stop its nodes first');
    installation.control = await installation.startControl();
    // As many changes as were lost.
    const fresh = [await createKey(), await createKey(), await createKey()] as const;
    const receipt = await revoked(fresh[0], 2);
    expect([receipt.complete, statesOf(receipt).EU1]).toEqual([false, false]);
    await environment.server.stop();
    expect(await environment.init()).toMatch(/copies the tables of keys[\s\S]*copies what EU1 has reported/);
    environment.server = await environment.startNode();
    expect(await Promise.all(lost.map(statusOf))).toEqual([401, 401, 401]);
    expect(await Promise.all(fresh.map(statusOf))).toEqual([401, 200, 200]);
    expect(await statusOf(kept)).toBe(200);
    expect(await revoked(kept)).toMatchObject({ complete: true });
  });
});
