import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { bestDecoder } from '../../../test/fixtures/audio/decoders.ts';
import { wavHeader } from '../../../test/fixtures/audio/samples.ts';
import { openTestDatabases } from '../../../test/helpers/database.ts';
import { temporaryDirectory } from '../../../test/helpers/per-test.ts';
import { systemClock } from '../../base/clock.ts';
import { newJobId } from '../../base/ids.ts';
import { createScripted } from '../../engines/scripted/engine.ts';
import { sayWords } from '../../engines/scripted/script.ts';
import { type BlobStore, StorageAway } from '../../storage/blob-store.ts';
import { createDiskStore } from '../../storage/disk.ts';
import { insertAndQueue } from '../create.ts';
import { blobKeys } from '../job.ts';
import { createWatch } from '../watch.ts';
import { createQueue } from './queue.ts';
import { startWorker } from './worker.ts';

const log = pino({ level: 'silent' });

it('a run whose transcript cannot be stored is made again, and is no failed attempt', async () => {
  const databases = await openTestDatabases('server');
  onTestFinished(() => databases.close());
  const database = await databases.open({ migrated: true });
  const disk = createDiskStore({ root: join(temporaryDirectory(), 'blobs') });
  const storeId = await disk.start({ isAlone: true });
  const jobId = newJobId();
  const keys = blobKeys('EU1', jobId);
  const sound = Buffer.alloc(32_000);
  await disk.put(keys.audio, Buffer.concat([wavHeader(sound.length, { channels: 1 }), sound]));
  const refused: string[] = [];
  const store: BlobStore = {
    ...disk,
    async put(key, content, signal) {
      if (key !== keys.transcript || refused.length > 0) return disk.put(key, content, signal);
      refused.push(key);
      throw new StorageAway('the bucket does not answer in time');
    },
  };
  const queue = await createQueue(database, log, storeId);
  onTestFinished(() => queue.close());
  const watch = await createWatch(database);
  const engine = createScripted(sayWords('hello'));
  const parts = { database, store, queue, watch, log, nodeId: 'node_1', engine, clock: systemClock };
  const worker = await startWorker({ ...parts, decoder: bestDecoder() }, { concurrency: 1 });
  onTestFinished(() => worker.stop());
  const job = {
    environment: 'EU1',
    projectId: 1,
    jobId,
    workspaceId: 'ws_1',
    apiKeyId: 'key_1',
    createdAt: new Date().toISOString(),
    config: { type: 'transcription' as const, transcription_config: { language: 'en' } },
    dataName: 'a.wav',
    durationSeconds: 1,
    audioBytes: 32_044,
  };
  await database.sql.transaction().execute((tx) => insertAndQueue(tx, queue, job));

  const row = () =>
    database.sql.selectFrom('jobs').select(['status', 'failed_attempts']).executeTakeFirstOrThrow();
  await expect.poll(row, { timeout: 30_000 }).toEqual({ status: 'done', failed_attempts: 0 });
  expect(refused).toEqual([keys.transcript]);
});
