import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql as raw } from 'kysely';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Decoder } from '../../src/audio/decoder.ts';
import { systemClock } from '../../src/base/clock.ts';
import { newJobId } from '../../src/base/ids.ts';
import type { Database } from '../../src/db/database.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { insertAndQueue } from '../../src/jobs/create.ts';
import { blobKeys } from '../../src/jobs/job.ts';
import { removeJob } from '../../src/jobs/remove.ts';
import { createWatch, type Watch } from '../../src/jobs/watch.ts';
import { createQueue, type Queue } from '../../src/jobs/worker/queue.ts';
import { startWorker, type Worker } from '../../src/jobs/worker/worker.ts';
import type { BlobStore } from '../../src/storage/blob-store.ts';
import { createDiskStore } from '../../src/storage/disk.ts';
import { type DatabaseUnderTest, openTestDatabases } from '../helpers/database.ts';
import { leashedDirectory } from '../helpers/leash.ts';

const log = pino({ level: 'silent' });
const OWNER = { environment: 'EU1', workspaceId: 'ws_test', projectId: 1, apiKeyId: 'key_test' };

const decoder: Decoder = {
  kind: 'native',
  probe: async () => ({ format: 'wav', durationSeconds: 1, channels: 1 }),
  async *decode() {
    yield new Float32Array(16_000);
  },
  decodeChannel: (path, _channel, signal) => decoder.decode(path, signal),
  async *decodeLive() {},
};

/** Says nothing, after `hold` has let it. */
const engineThat = (hold: (signal: AbortSignal) => Promise<void>): Engine => ({
  name: 'scripted',
  version: 'scripted-test',
  capabilities: { languages: ['en'] },
  // biome-ignore lint/correctness/useYield: this engine hears no word
  async *recognizeFile(_audio, _options, signal) {
    await hold(signal);
    signal.throwIfAborted();
  },
  close: async () => {},
});
const idle = engineThat(async () => {});

let databases: DatabaseUnderTest;
let database: Database;
let queue: Queue;
let watch: Watch;
let store: BlobStore;
let worker: Worker | undefined;
let directory: ReturnType<typeof leashedDirectory>;

beforeAll(async () => {
  databases = await openTestDatabases('embedded');
  database = await databases.open({ migrated: true });
  queue = await createQueue(database, log, 'test');
  watch = await createWatch(database);
  directory = leashedDirectory('parley-attack-blobs-');
  const disk = createDiskStore({ root: directory.path });
  await disk.start({ isAlone: true });
  store = disk;
});

afterEach(async () => {
  await worker?.stop();
  worker = undefined;
  // What a test leaves unfinished is none of the next one's business.
  await database.sql.updateTable('jobs').set({ status: 'deleted' }).where('status', '=', 'running').execute();
});

afterAll(async () => {
  await queue?.close();
  await databases?.close();
  await directory?.remove();
});

/** A node that dies after it took the ticket never commits. */
async function takeAndDie(jobId: string): Promise<void> {
  const dying = database.sql.transaction().execute(async (tx) => {
    expect((await queue.take(tx, 1)).map((ticket) => ticket.jobId)).toEqual([jobId]);
    throw new Error('the node died');
  });
  await expect(dying).rejects.toThrow('the node died');
}

async function insert({ taken = false } = {}): Promise<string> {
  const jobId = newJobId();
  await store.put(blobKeys('EU1', jobId).audio, Buffer.from('audio'));
  const job = {
    ...OWNER,
    jobId,
    createdAt: new Date(Date.now() + Math.floor(Math.random() * 1_000_000)).toISOString(),
    config: { type: 'transcription' as const, transcription_config: { language: 'en' } },
    dataName: 'a.wav',
    durationSeconds: 1,
    audioBytes: 5,
  };
  await database.sql.transaction().execute((tx) => insertAndQueue(tx, queue, job));
  if (taken) await takeAndDie(jobId);
  return jobId;
}

const start = async (parts: { engine?: Engine; store?: BlobStore; watch?: Watch; concurrency?: number }) => {
  const deps = { database, queue, watch, store, decoder, log, clock: systemClock, engine: idle };
  const { concurrency = 1, ...own } = parts;
  worker = await startWorker({ ...deps, ...own, nodeId: `node_${randomUUID()}` }, { concurrency });
};

async function statusOf(jobId: string): Promise<string> {
  const row = await database.sql
    .selectFrom('jobs')
    .select('status')
    .where('job_id', '=', jobId)
    .executeTakeFirstOrThrow();
  return row.status;
}

async function filesOf(jobId: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list(blobKeys('EU1', jobId).prefix)) keys.push(key);
  return keys;
}

async function until(condition: () => Promise<boolean> | boolean, limitMs: number): Promise<boolean> {
  for (const endMs = Date.now() + limitMs; Date.now() < endMs; await sleep(50))
    if (await condition()) return true;
  return false;
}

describe('a node that dies', () => {
  it('just after it took a ticket loses no job: another takes it back within 15 s', async () => {
    const abandoned = await insert({ taken: true });
    const ordinary = await insert();
    await start({});
    expect(await until(async () => (await statusOf(ordinary)) === 'done', 5_000)).toBe(true);
    await until(async () => (await statusOf(abandoned)) === 'done', 16_000);
    expect(await statusOf(abandoned)).toBe('done');
  });
});

describe('a lease that ran out', () => {
  it('ends the run that held it, also when the same node runs the job again', async () => {
    let running = 0;
    let most = 0;
    let starts = 0;
    const engine = engineThat(async (signal) => {
      starts += 1;
      running += 1;
      most = Math.max(most, running);
      const ended = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      await Promise.race([ended, sleep(9_000)]);
      running -= 1;
    });
    const jobId = await insert();
    await start({ engine, concurrency: 2 });
    expect(await until(() => starts === 1, 5_000)).toBe(true);
    // What an outage of the database, or a process that stood still, leaves behind.
    await database.sql
      .updateTable('jobs')
      .set({ lease_until: raw<Date>`now() - interval '1 second'` })
      .where('job_id', '=', jobId)
      .execute();
    expect(await until(() => starts === 2, 6_000)).toBe(true);
    expect(await until(() => running === 1, 5_000)).toBe(true);
    expect(most).toBeLessThanOrEqual(2);
  });
});

describe('a job that is deleted', () => {
  it('while its transcript is being stored leaves no file', async () => {
    const jobId = await insert();
    const scope = { environment: 'EU1', projectId: 1 };
    const slow: BlobStore = {
      ...store,
      async put(key, content, signal) {
        if (key.endsWith('transcript.json')) await removeJob(database, store, scope, jobId, true);
        return store.put(key, content, signal);
      },
    };
    // The news of the deletion is late, as it is over a network.
    await start({ store: slow, watch: { ...watch, on: () => () => {} } });
    expect(await until(async () => (await statusOf(jobId)) === 'deleted', 5_000)).toBe(true);
    await sleep(1_000);
    expect(await filesOf(jobId)).toEqual([]);
  });

  it('while it runs stops at once and leaves no file', async () => {
    let stopped = false;
    const engine = engineThat(async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      stopped = true;
    });
    const jobId = await insert();
    await start({ engine });
    await until(async () => (await statusOf(jobId)) === 'running', 2_000);
    await sleep(300);
    await removeJob(database, store, { environment: 'EU1', projectId: 1 }, jobId, true);
    expect(await until(() => stopped, 2_000)).toBe(true);
    expect(await filesOf(jobId)).toEqual([]);
  });
});
