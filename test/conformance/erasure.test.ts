import { readdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { silentWav } from '../fixtures/audio/samples.ts';
import { ask, endOfJob, jobForm, listJobs, mintKey, readClip } from '../helpers/api.ts';
import { dumpTables, tablesWith } from '../helpers/dump.ts';
import { type Customer, newCustomer, newKey, newProject, send } from '../helpers/management.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { joinServer, type RunningServer, startServer } from '../helpers/server.ts';

/** What is left, in the database and on disk, once an end user is erased or a project deleted: nothing. */
let databaseUrl: string;
let server: RunningServer;
let database: pg.Client;
let customer: Customer;

const ENV = {
  PARLEY_ENGINE: 'scripted',
  // One at a time, so that of several long ones some have not begun.
  PARLEY_ENGINE_PROCESSES: '1',
  PARLEY_RATE_SUBMIT: '1000/1000',
  PARLEY_RATE_READ: '1000/1000',
};

beforeAll(async () => {
  databaseUrl = await newDatabase();
  server = await startServer({
    env: { ...ENV, PARLEY_DATABASE_URL: databaseUrl },
  });
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  customer = await newCustomer(server);
});
afterAll(async () => {
  await server?.stop();
  await database?.end();
});

async function submit(key: string, audio: Uint8Array<ArrayBuffer>): Promise<string> {
  const answer = await ask(server, '/v2/jobs', { method: 'POST', key, body: jobForm(audio) });
  if (answer.status !== 201) throw new Error(`submission answered ${answer.status}: ${answer.text}`);
  return answer.json<{ id: string }>().id;
}

/** Jobs of a key: one that is done, and long ones of which the first runs. */
async function submitAll(key: string): Promise<{ done: string; running: string[] }> {
  const done = await submit(key, await readClip());
  await endOfJob(server, key, done);
  const long = new Uint8Array(silentWav(240 * 32_000));
  const running = [await submit(key, long), await submit(key, long), await submit(key, long)];
  return { done, running };
}

const jobsOnDisk = (): Promise<string[]> => readdir(path.join(server.dataDir, 'blobs', 'eu1', 'jobs'));
const isGone = async (ids: string[]) => {
  const present = await jobsOnDisk();
  return ids.every((id) => !present.includes(id));
};
const statusOf = async (key: string) => (await ask(server, '/v2/jobs', { key })).status;
const usageOf = async (projectId: number) =>
  (await database.query('select client_ref, count from usage_daily where project_id = $1', [projectId])).rows;

describe('erasing an end user', () => {
  it('leaves nothing of it and everything of others', async () => {
    const projectId = await newProject(server, customer.token);
    const minter = await newKey(server, { ...customer, projectId });
    const bound = await newKey(server, { ...customer, projectId }, { client_ref: 'CANARY-A' });
    const child = await mintKey(server, minter.value, { client_ref: 'CANARY-A' });
    const other = await mintKey(server, minter.value, { client_ref: 'CANARY-B' });
    const byChild = await submitAll(child);
    const byBound = await submit(bound.value, await readClip());
    const ofOther = await submit(other, await readClip());
    const ofNobody = await submit(minter.value, await readClip());
    const running = await listJobs(server, child);
    expect(running.filter((job) => job.status === 'running').length).toBeGreaterThan(0);
    const ids = [byChild.done, ...byChild.running, byBound];
    expect(await jobsOnDisk()).toEqual(expect.arrayContaining([...ids, ofOther, ofNobody]));

    const target = `/v1/projects/${projectId}/client-refs/CANARY-A`;
    const answer = await send(server, customer.token, 'DELETE', `${target}?wait=10`);
    expect(answer.json()).toMatchObject({ status: 'OK', receipt: { complete: true } });
    expect([await statusOf(child), await statusOf(bound.value)]).toEqual([401, 401]);
    // The run that was interrupted may still have been storing something.
    await expect.poll(() => isGone(ids), { timeout: 5_000 }).toBe(true);
    const dump = await dumpTables(database);
    // Its name stays for as long as a temporary key of its could be valid.
    expect(tablesWith(dump, 'CANARY-A')).toEqual(['client_ref_cutoffs']);
    for (const text of [...ids, bound.id])
      expect([text, tablesWith(dump, text)]).toEqual([text, auditOf(text)]);
    expect(dump.erasures).toEqual([]);

    for (const [key, id] of [[other, ofOther] as const, [minter.value, ofNobody] as const]) {
      expect(await endOfJob(server, key, id)).toMatchObject({ status: 'done' });
      expect((await ask(server, `/v2/jobs/${id}/transcript`, { key })).status).toBe(200);
    }
    const usage = await usageOf(projectId);
    expect(usage.toSorted((a, b) => a.client_ref.localeCompare(b.client_ref))).toEqual([
      { client_ref: '', count: 1 },
      { client_ref: 'CANARY-B', count: 1 },
    ]);
    const fresh = await mintKey(server, minter.value, { client_ref: 'CANARY-A' });
    expect(await listJobs(server, fresh, '?include_deleted=true')).toEqual([]);

    /** The log keeps that a key was made. */
    function auditOf(text: string): string[] {
      return text === bound.id ? ['audit_events'] : [];
    }
  });

  it('forgets its name after three days, and may be asked for again', async () => {
    const target = `/v1/projects/${customer.projectId}/client-refs/CANARY-C`;
    for (let round = 0; round < 2; round += 1) {
      expect((await send(server, customer.token, 'DELETE', target)).status).toBe(200);
    }
    expect((await send(server, customer.token, 'DELETE', target.replace(/\d+/, '999999'))).status).toBe(404);
    expect(tablesWith(await dumpTables(database), 'CANARY-C')).toEqual(['client_ref_cutoffs']);
    await database.query(
      `update client_ref_cutoffs set not_before = not_before - interval '73 hours' where client_ref = 'CANARY-C'`,
    );
    // A server that starts looks at once for what is over.
    const other = await joinServer(server, { ...ENV, PARLEY_DATABASE_URL: databaseUrl });
    await expect
      .poll(async () => tablesWith(await dumpTables(database), 'CANARY-C'), { timeout: 10_000 })
      .toEqual([]);
    await other.stop();
  });

  it('meets the submissions that are under way: each is refused or erased', async () => {
    const projectId = await newProject(server, customer.token);
    const minter = await newKey(server, { ...customer, projectId });
    const clip = await readClip();
    for (let round = 0; round < 5; round += 1) {
      const child = await mintKey(server, minter.value, { client_ref: 'CANARY-D' });
      const submissions = Array.from({ length: 12 }, () =>
        ask(server, '/v2/jobs', { method: 'POST', key: child, body: jobForm(clip) }),
      );
      await Promise.race(submissions);
      const target = `/v1/projects/${projectId}/client-refs/CANARY-D`;
      expect((await send(server, customer.token, 'DELETE', target)).status).toBe(200);
      const statuses = (await Promise.all(submissions)).map(({ status }) => status);
      for (const status of statuses) expect([201, 401]).toContain(status);
      expect(tablesWith(await dumpTables(database), 'CANARY-D')).toEqual(['client_ref_cutoffs']);
    }
  });

  it('waits for a submission that is being accepted, and erases that too', async () => {
    const projectId = await newProject(server, customer.token);
    const minter = await newKey(server, { ...customer, projectId });
    const child = await mintKey(server, minter.value, { client_ref: 'CANARY-F' });
    await submit(minter.value, await readClip());
    const waiting = async () => {
      const locks = await database.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock'`);
      return locks.rowCount;
    };
    const holder = new pg.Client({ connectionString: databaseUrl });
    await holder.connect();
    await holder.query('begin');
    // Held, this keeps a submission from ending after it was found admissible.
    await holder.query('select 1 from accepted_audio where workspace_id = $1 for update', [
      customer.workspaceId,
    ]);
    const submission = submit(child, await readClip());
    await expect.poll(waiting, { timeout: 10_000 }).toBe(1);
    const target = `/v1/projects/${projectId}/client-refs/CANARY-F`;
    let isErased = false;
    const erasure = send(server, customer.token, 'DELETE', target).finally(() => {
      isErased = true;
    });
    await expect.poll(async () => isErased || (await waiting()) === 2, { timeout: 10_000 }).toBe(true);
    await holder.query('commit');
    await holder.end();
    await submission;
    expect((await erasure).status).toBe(200);
    expect(tablesWith(await dumpTables(database), 'CANARY-F')).toEqual(['client_ref_cutoffs']);
  });
});

describe('deleting a project', () => {
  it('leaves nothing of its jobs, keys and usage, and everything of other projects', async () => {
    const [projectId, otherId] = [
      await newProject(server, customer.token, 'CANARY-P'),
      await newProject(server, customer.token),
    ];
    const key = await newKey(server, { ...customer, projectId }, { client_ref: 'CANARY-E' });
    const plain = await newKey(server, { ...customer, projectId });
    const otherKey = await newKey(server, { ...customer, projectId: otherId }, { client_ref: 'CANARY-E' });
    const other = await submit(otherKey.value, await readClip());
    await endOfJob(server, otherKey.value, other);
    const { done, running } = await submitAll(key.value);
    const more = await submit(plain.value, await readClip());
    const child = await mintKey(server, plain.value);
    expect(await usageOf(projectId)).toHaveLength(1);

    expect((await send(server, customer.token, 'DELETE', `/v1/projects/${projectId}`)).status).toBe(204);
    for (const one of [key.value, plain.value, child]) expect(await statusOf(one)).toBe(401);
    const ids = [done, ...running, more];
    await expect.poll(() => isGone(ids), { timeout: 5_000 }).toBe(true);
    const dump = await dumpTables(database);
    for (const id of ids) expect([id, tablesWith(dump, id)]).toEqual([id, []]);
    for (const { id } of [key, plain]) expect(tablesWith(dump, id)).toEqual(['audit_events']);
    expect(await usageOf(projectId)).toEqual([]);
    expect(dump.erasures).toEqual([]);

    expect(await listJobs(server, otherKey.value)).toMatchObject([{ id: other, status: 'done' }]);
    expect(await usageOf(otherId)).toEqual([{ client_ref: 'CANARY-E', count: 1 }]);
    expect(await isGone([other])).toBe(false);
  });
});

describe('a control plane without workers', () => {
  it('erases by itself what has no jobs: when it is asked, and when it comes back', async () => {
    const env = { ...ENV, PARLEY_ROLES: 'control', PARLEY_DATABASE_URL: await newDatabase() };
    const control = await startServer({ env });
    const client = new pg.Client({ connectionString: env.PARLEY_DATABASE_URL });
    await client.connect();
    onTestFinished(async () => {
      await control.stop();
      await client.end();
    });
    const { token, projectId, workspaceId } = await newCustomer(control);
    // As an environment has reported it that was removed since.
    await client.query(
      `insert into usage_daily (environment, origin, day, workspace_id, project_id, api_key_id, client_ref, mode,
         type, language, operating_point, count, audio_seconds)
       values ('EU2', 'EU2', now(), $1, $2, 'key_1', 'CANARY-G', 'batch', 'transcription', 'en', 'standard', 1, 1)`,
      [workspaceId, projectId],
    );
    const target = `/v1/projects/${projectId}/client-refs/CANARY-G`;
    expect((await send(control, token, 'DELETE', `${target}?wait=5`)).status).toBe(200);
    const dump = await dumpTables(client);
    expect([dump.erasures, tablesWith(dump, 'CANARY-G')]).toEqual([[], ['client_ref_cutoffs']]);

    await client.query(
      `insert into erasures (project_id, client_ref, regions) values ($1, 'CANARY-H', '{eu}')`,
      [projectId],
    );
    const other = await joinServer(control, env);
    onTestFinished(async () => void (await other.stop()));
    await expect.poll(async () => tablesWith(await dumpTables(client), 'CANARY-H')).toEqual([]);
  });
});
