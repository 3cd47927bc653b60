import { readdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { beforeEach, describe, expect, it } from 'vitest';
import { ask, endOfJob, jobForm, listJobs, mintKey, readClip } from '../helpers/api.ts';
import { newKey, newProject, send } from '../helpers/management.ts';
import { serverOfTest, temporaryDirectory } from '../helpers/per-test.ts';
import { newDatabase } from '../helpers/postgres.ts';
import type { RunningServer } from '../helpers/server.ts';

/** An erasure that was asked for is finished, whenever the server dies. */
const RATES = { PARLEY_RATE_SUBMIT: '10000/10000', PARLEY_RATE_READ: '10000/10000' };

let databaseUrl: string;
beforeEach(async () => {
  databaseUrl = await newDatabase();
});

const start = (dataDir: string): Promise<RunningServer> =>
  serverOfTest({
    dataDir,
    env: { PARLEY_ENGINE: 'scripted', PARLEY_DATABASE_URL: databaseUrl, ...RATES },
  });

const JOBS = 150;

async function submitMany(server: RunningServer, key: string, count: number): Promise<string[]> {
  const clip = await readClip();
  const ids: string[] = [];
  const submit = async () => {
    while (ids.length < count) {
      const answer = await ask(server, '/v2/jobs', { method: 'POST', key, body: jobForm(clip) });
      ids.push(answer.json<{ id: string }>().id);
    }
  };
  await Promise.all([submit(), submit()]);
  return ids;
}

const onDisk = (dataDir: string): Promise<string[]> => readdir(path.join(dataDir, 'blobs', 'eu1', 'jobs'));

async function rowsOf(table: string): Promise<object[]> {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    return (await database.query<object>(`select * from ${table}`)).rows;
  } finally {
    await database.end();
  }
}

describe('kill -9 during an erasure', () => {
  it.each(['of an end user', 'of a project'])(
    '%s delays it, and no more',
    { timeout: 240_000 },
    async (kind) => {
      const dataDir = temporaryDirectory();
      const first = await start(dataDir);
      const { management_token: token, api_key } = first.bootstrap;
      const projectId = await newProject(first, token);
      const key = await newKey(first, { token, projectId });
      const doomed = await mintKey(first, key.value, { client_ref: 'USER123' });
      const kept = await mintKey(first, api_key, { client_ref: 'USER123', ttl: 3_600 });
      const others = await submitMany(first, kept, 3);
      const ids = await submitMany(first, doomed, JOBS);

      const target = kind === 'of a project' ? '' : '/client-refs/USER123';
      const answer = send(first, token, 'DELETE', `/v1/projects/${projectId}${target}`).catch(
        () => undefined,
      );
      const remaining = async () => {
        const present = new Set(await onDisk(dataDir));
        return ids.filter((id) => present.has(id)).length;
      };
      await expect.poll(remaining, { interval: 5, timeout: 10_000 }).toBeLessThan(ids.length);
      first.kill('SIGKILL');
      await answer;
      expect(await first.stop()).toBe(137);
      expect(await remaining()).toBeGreaterThan(0);
      expect(await rowsOf('erasures')).toMatchObject([{ project_id: projectId }]);

      const second = await start(dataDir);
      await expect.poll(remaining, { timeout: 30_000 }).toBe(0);
      for (const id of others) expect(await endOfJob(second, kept, id)).toMatchObject({ status: 'done' });
      expect((await listJobs(second, kept)).map(({ id }) => id).toSorted()).toEqual(others.toSorted());
      expect((await ask(second, '/v2/jobs', { key: doomed })).status).toBe(401);
      // Answered once the eraser has gone through everything that was asked for.
      const nobody = `/v1/projects/${second.bootstrap.project_id}/client-refs/nobody`;
      expect((await send(second, token, 'DELETE', nobody)).status).toBe(200);
      expect(await second.stop()).toBe(0);
      const rows = (await rowsOf('jobs')) as { job_id: string }[];
      expect(rows.map(({ job_id }) => job_id).toSorted()).toEqual(others.toSorted());
      expect(await rowsOf('erasures')).toEqual([]);
      expect(await rowsOf(`usage_daily where project_id = ${projectId}`)).toEqual([]);
      expect((await onDisk(dataDir)).toSorted()).toEqual(others.toSorted());
    },
  );
});
