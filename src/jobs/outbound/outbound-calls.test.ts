import { randomUUID } from 'node:crypto';
import { sql as raw } from 'kysely';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bestDecoder } from '../../../test/fixtures/audio/decoders.ts';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../../test/helpers/database.ts';
import { testPepper } from '../../../test/helpers/identity.ts';
import { leashedDirectory } from '../../../test/helpers/leash.ts';
import { type Receiver, startReceiver } from '../../../test/helpers/receiver.ts';
import { systemClock } from '../../base/clock.ts';
import { newJobId } from '../../base/ids.ts';
import type { Database } from '../../db/database.ts';
import { createPepper } from '../../identity/secrets/pepper.ts';
import { createOutbound, type Outbound } from '../../net/outbound.ts';
import { type BlobStore, StorageAway } from '../../storage/blob-store.ts';
import { createDiskStore, type DiskStore } from '../../storage/disk.ts';
import type { JobConfig } from '../config/schema.ts';
import { insertAndQueue } from '../create.ts';
import { findJob } from '../find.ts';
import { blobKeys } from '../job.ts';
import { removeJob } from '../remove.ts';
import { createWatch, type Watch } from '../watch.ts';
import { endRun, takeLease } from '../worker/lease.ts';
import { createQueue, type Queue } from '../worker/queue.ts';
import { startOutboundCalls } from './outbound-calls.ts';

const log = pino({ level: 'silent' });
const scope = { environment: 'EU1', projectId: 1 };
const GAPS = { fetchMs: [100, 100, 100], notifyMs: [100, 100, 100] };

let databases: DatabaseUnderTest;
let database: Database;
let directory: ReturnType<typeof leashedDirectory>;
let store: DiskStore;
let queue: Queue;
let watch: Watch;
let http: Outbound;
let receiver: Receiver;
let answer: (nth: number) => number;
const running: Awaited<ReturnType<typeof startOutboundCalls>>[] = [];

beforeAll(async () => {
  databases = await openTestDatabases('server');
  database = await databases.open({ migrated: true });
  directory = leashedDirectory('parley-outbound-');
  store = createDiskStore({ root: directory.path });
  await store.start({ isAlone: true });
  queue = await createQueue(database, log, 'here');
  watch = await createWatch(database);
  http = createOutbound({ allow: ['127.0.0.1'] });
  receiver = await startReceiver((_, response, nth) => {
    const status = answer(nth);
    if (status > 0) response.writeHead(status).end();
  });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
  receiver.received.length = 0;
  await emptyTables(database);
});
afterAll(async () => {
  await http?.close();
  await receiver?.close();
  await queue?.close();
  await databases?.close();
  await directory?.remove();
});

/** A node of its own, on the same database and store. */
async function startNode(storeId = 'here', blobs: BlobStore = store): Promise<void> {
  const sealer = createPepper([testPepper()]).sealer('tests');
  const deps = { database, store: blobs, storeId, queue, watch, log, http, sealer, clock: systemClock };
  running.push(await startOutboundCalls({ ...deps, decoder: bestDecoder(), maxUploadBytes: 1_000 }, GAPS));
}

async function insert(config: Partial<JobConfig>, projectId = scope.projectId): Promise<string> {
  const jobId = newJobId();
  const job = {
    ...scope,
    projectId,
    jobId,
    workspaceId: 'ws_1',
    apiKeyId: 'key_1',
    createdAt: new Date().toISOString(),
    config: { type: 'transcription' as const, transcription_config: { language: 'en' }, ...config },
    dataName: 'a.wav',
    durationSeconds: config.fetch_data ? 0 : 3,
    audioBytes: 9,
  };
  await database.sql.transaction().execute((tx) => insertAndQueue(tx, queue, job));
  return jobId;
}

/** A job with one callback that has just ended. */
async function endedJob(): Promise<string> {
  const jobId = await insert({ notification_config: [{ url: `${receiver.url}/hook`, contents: [] }] });
  const lease = { environment: 'EU1', jobId, owner: randomUUID() };
  await takeLease(database.sql, lease);
  await endRun(database, lease, { status: 'done' });
  return jobId;
}

const calls = () => database.sql.selectFrom('outbound_calls').selectAll().execute();
const messages = async (jobId: string) =>
  (await findJob(database.sql, scope, jobId)).errors.map(({ message }) => message);
const settled = () => expect.poll(calls, { timeout: 15_000 }).toEqual([]);
const failed = (status: number) =>
  `Error in sending notification: notification_config.0. Response status: ${status}`;

describe('a callback', () => {
  it('is made once by however many nodes, when it succeeds', async () => {
    answer = () => 200;
    await startNode();
    await startNode();
    await endedJob();
    await settled();
    expect(receiver.received).toHaveLength(1);
  });

  it('is made four times at most', async () => {
    answer = () => 500;
    await startNode();
    const jobId = await endedJob();
    await settled();
    expect(receiver.received).toHaveLength(4);
    expect(await messages(jobId)).toEqual([
      ...Array(3).fill(`${failed(500)}, retrying`),
      failed(500),
      'Sending notification failed',
    ]);
  });

  it('is made again when its worker has died', async () => {
    answer = () => 200;
    await endedJob();
    await raw`update outbound_calls set attempts = 4, due_at = now() + interval '1 second'`.execute(
      database.sql,
    );
    await startNode();
    await settled();
    expect(receiver.received).toHaveLength(1);
  });

  it('is left to a node that has the files', async () => {
    answer = () => 200;
    await endedJob();
    await startNode('elsewhere');
    await running[0]?.stop();
    expect(await calls()).toMatchObject([{ attempts: 0 }]);
    expect(receiver.received).toHaveLength(0);
    await startNode();
    await settled();
    expect(receiver.received).toHaveLength(1);
  });

  it('is not made again once the job is deleted, and is cut off when it is under way', async () => {
    answer = () => 0;
    await startNode();
    const jobId = await endedJob();
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(1);
    await removeJob(database, store, scope, jobId, true);
    await expect.poll(calls, { timeout: 5_000 }).toEqual([]);
    expect(receiver.received).toHaveLength(1);
    expect(await messages(jobId)).toEqual([]);
  });

  it('that was put off when the job was deleted is forgotten', async () => {
    answer = () => 500;
    const jobId = await endedJob();
    await removeJob(database, store, scope, jobId, true);
    await startNode();
    await settled();
    expect(receiver.received).toHaveLength(0);
  });
});

describe('fetching', () => {
  const fetched = () => ({ fetch_data: { url: `${receiver.url}/audio` } });

  it('keeps the job out of the queue, and leaves nothing of one that is deleted meanwhile', async () => {
    answer = () => 0;
    await startNode();
    const jobId = await insert(fetched());
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(1);
    const tickets = await database.sql.transaction().execute((tx) => queue.take(tx, 100));
    expect(tickets.filter((ticket) => ticket.jobId === jobId)).toEqual([]);
    await removeJob(database, store, scope, jobId, true);
    await settled();
    const left: string[] = [];
    for await (const key of store.list(blobKeys('EU1', jobId).prefix)) left.push(key);
    expect(left).toEqual([]);
  });

  it('that fails four times rejects the job and calls back with fetch_error', async () => {
    answer = () => 404;
    await startNode();
    const jobId = await insert({
      ...fetched(),
      notification_config: [{ url: `${receiver.url}/hook?x`, contents: [] }],
    });
    await expect.poll(() => receiver.at('/hook').length, { timeout: 15_000 }).toBe(4);
    await settled();
    expect(receiver.at('/audio')).toHaveLength(4);
    expect(receiver.at('/hook')[0]?.target).toBe(`/hook?x&id=${jobId}&status=fetch_error`);
    expect((await findJob(database.sql, scope, jobId)).status).toBe('rejected');
    expect((await messages(jobId)).slice(0, 4)).toEqual(
      Array(4).fill('unable to fetch audio: http status code 404'),
    );
  });

  it('finds the storage away: it is made again later, and is no failed attempt', async () => {
    answer = () => 200;
    const away = () => Promise.reject(new StorageAway('the bucket does not answer in time'));
    await startNode('here', { ...store, put: away });
    const jobId = await insert(fetched());
    const putOffCalls = async () =>
      (await calls()).filter(
        ({ attempts, due_at }) => attempts === 0 && due_at.getTime() > Date.now() + 5_000,
      );
    await expect.poll(putOffCalls, { timeout: 10_000 }).toHaveLength(1);
    expect(await messages(jobId)).toEqual([]);
  });

  it('from slow hosts of one project keeps no other waiting', async () => {
    answer = () => 0;
    for (let index = 0; index < 20; index += 1) await insert(fetched());
    await insert({ fetch_data: { url: `${receiver.url}/other` } }, 2);
    await startNode();
    await expect.poll(() => receiver.at('/other').length, { timeout: 10_000 }).toBe(1);
    expect(receiver.at('/audio').length).toBeLessThanOrEqual(4);
  });
});
