import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../test/helpers/database.ts';
import { newJobId } from '../base/ids.ts';
import type { Database } from '../db/database.ts';
import { StorageAway } from '../storage/blob-store.ts';
import { createDiskStore, type DiskStore } from '../storage/disk.ts';
import { findJob } from './find.ts';
import { blobKeys } from './job.ts';
import { insertJob } from './job-row.ts';
import { removeJob } from './remove.ts';
import { createRetention, type Retention } from './retention.ts';

describe.each(['embedded', 'server'] as const)('retention on the %s database', (kind) => {
  let under: DatabaseUnderTest;
  let database: Database;
  let root: string;
  let store: DiskStore;
  let storeId: string;
  let retention: Retention;
  beforeAll(async () => {
    under = await openTestDatabases(kind);
    database = await under.open({ migrated: true });
    root = await mkdtemp(join(tmpdir(), 'parley-retention-'));
    store = createDiskStore({ root });
    storeId = await store.start({ isAlone: true });
    const log = pino({ level: 'silent' });
    retention = createRetention({ database, store, storeId, log }, 7);
  });
  afterAll(async () => {
    await retention.stop();
    await under.close();
    await rm(root, { recursive: true });
  });
  beforeEach(() => emptyTables(database));

  let count = 0;
  async function ended(status: string, ago: string, inStore = storeId): Promise<string> {
    const jobId = newJobId();
    await store.put(blobKeys('EU1', jobId).audio, Buffer.from('audio'));
    const job = {
      environment: 'EU1',
      workspaceId: 'ws_1',
      projectId: 1,
      apiKeyId: 'key_1',
      jobId,
      createdAt: new Date(1_800_000_000_000 + ++count).toISOString(),
      config: { type: 'transcription' as const, transcription_config: { language: 'en' } },
      dataName: 'private name.wav',
      durationSeconds: 1,
      audioBytes: 5,
    };
    await insertJob(database.sql, job, { storeId: inStore, fairRank: 0 });
    await raw`update jobs set status = ${status}, finished_at = now() - ${ago}::interval
      where job_id = ${jobId}`.execute(database.sql);
    return jobId;
  }
  const find = (id: string) => findJob(database.sql, { environment: 'EU1', projectId: 1 }, id);
  async function hasFiles(id: string): Promise<boolean> {
    for await (const _ of store.list(blobKeys('EU1', id).prefix)) return true;
    return false;
  }

  it.each(['done', 'rejected'])(
    'takes the files and the config of a %s job after its days',
    async (status) => {
      const old = await ended(status, '7 days 1 minute');
      await retention.run();
      expect(await find(old)).toMatchObject({ status: 'expired', config: null, dataName: '' });
      expect(await hasFiles(old)).toBe(false);
    },
  );

  it.each([
    ['done a little later', 'done', '6 days 23 hours'],
    ['still running', 'running', '30 days'],
  ])('leaves one that is %s', async (_, status, ago) => {
    const job = await ended(status, ago);
    await retention.run();
    expect(await find(job)).toMatchObject({ status, dataName: 'private name.wav' });
    expect(await hasFiles(job)).toBe(true);
  });

  it('takes the files of a job that was deleted while the store was away', async () => {
    const scope = { environment: 'EU1', projectId: 1 };
    const away = { ...store, delete: () => Promise.reject(new StorageAway('the bucket does not answer')) };
    const [left, gone] = [await ended('done', '1 hour'), await ended('done', '1 hour')];
    expect(await removeJob(database, away, scope, left, false)).toMatchObject({ status: 'deleted' });
    expect(await removeJob(database, store, scope, gone, false)).toMatchObject({ status: 'deleted' });
    expect([await hasFiles(left), await hasFiles(gone)]).toEqual([true, false]);
    await retention.run();
    expect(await hasFiles(left)).toBe(true); // it may be being removed by whoever deleted it
    await raw`update jobs set finished_at = now() - interval '2 minutes'`.execute(database.sql);
    await retention.run();
    expect(await hasFiles(left)).toBe(false);
    const { rows } = await raw`select 1 from jobs where files_left`.execute(database.sql);
    expect(rows).toEqual([]);
  });

  it('leaves jobs whose files are elsewhere', async () => {
    const job = await ended('done', '8 days', 'another store');
    await retention.run();
    expect(await find(job)).toMatchObject({ status: 'done' });
  });

  it('takes any number in one turn', async () => {
    const jobs = await Promise.all(Array.from({ length: 230 }, () => ended('done', '8 days')));
    await retention.run();
    const found = await Promise.all(jobs.map(find));
    expect(new Set(found.map(({ status }) => status))).toEqual(new Set(['expired']));
  });
});
