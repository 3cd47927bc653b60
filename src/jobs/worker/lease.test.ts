import { sql as raw } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../../test/helpers/database.ts';
import type { Database } from '../../db/database.ts';
import { insertAndQueue } from '../create.ts';
import { findJob } from '../find.ts';
import { endRun, giveBack, type Lease, queueAbandoned, renewLease, takeLease } from './lease.ts';
import { createQueue, type Queue } from './queue.ts';

const lease: Lease = { environment: 'EU1', jobId: 'abcdefghij', owner: 'node_a' };
const rival: Lease = { ...lease, owner: 'node_b' };

describe.each(['embedded', 'server'] as const)('the lease of a job on the %s database', (kind) => {
  let under: DatabaseUnderTest;
  let database: Database;
  let queue: Queue;
  beforeAll(async () => {
    under = await openTestDatabases(kind);
    database = await under.open({ migrated: true });
    queue = await createQueue(database, pino({ level: 'silent' }), 'test');
  });
  afterAll(async () => {
    await queue.close();
    await under.close();
  });
  beforeEach(async () => {
    await emptyTables(database);
    await tickets();
    await database.sql.transaction().execute((tx) =>
      insertAndQueue(tx, queue, {
        environment: 'EU1',
        jobId: lease.jobId,
        workspaceId: 'ws_1',
        projectId: 1,
        apiKeyId: 'key_1',
        createdAt: '2026-01-01T00:00:00.000Z',
        config: { type: 'transcription', transcription_config: { language: 'en', model: 'enhanced' } },
        dataName: 'a.wav',
        durationSeconds: 3,
        audioBytes: 9,
      }),
    );
  });

  const job = () => findJob(database.sql, { environment: 'EU1', projectId: 1 }, lease.jobId);
  const usage = () =>
    database.sql
      .selectFrom('usage_daily')
      .select(['api_key_id', 'client_ref', 'language', 'operating_point', 'count', 'audio_seconds'])
      .execute();
  const runOut = () => raw`update jobs set lease_until = now() - interval '1 ms'`.execute(database.sql);
  const tickets = () =>
    database.sql.transaction().execute(async (tx) => (await queue.take(tx, 10)).map(({ jobId }) => jobId));

  it('comes with a ticket in the same commit, and goes to one worker', async () => {
    expect(await tickets()).toEqual([lease.jobId]);
    const taken = await Promise.all([takeLease(database.sql, lease), takeLease(database.sql, rival)]);
    expect(taken.filter((one) => one !== undefined)).toHaveLength(1);
  });

  it('lets its holder alone renew it and end the run', async () => {
    await takeLease(database.sql, lease);
    expect(await renewLease(database.sql, rival)).toBe(false);
    await endRun(database, rival, { status: 'done' });
    expect((await job()).status).toBe('running');
    expect(await renewLease(database.sql, lease)).toBe(true);
    await endRun(database, lease, { status: 'done' });
    expect((await job()).status).toBe('done');
    expect(await renewLease(database.sql, lease)).toBe(false);
    expect(await takeLease(database.sql, rival)).toBeUndefined();
  });

  it('that has run out puts the job back into the queue, once', async () => {
    await tickets();
    await takeLease(database.sql, lease);
    expect(await queueAbandoned(database, queue)).toBe(0);
    await runOut();
    expect(await queueAbandoned(database, queue)).toBe(1);
    expect(await queueAbandoned(database, queue)).toBe(0);
    expect(await tickets()).toEqual([lease.jobId]);
    expect(await takeLease(database.sql, rival)).toBeDefined();
    await endRun(database, lease, { status: 'done' });
    expect((await job()).status).toBe('running');
  });

  it('given back after failures is queued again until the third', async () => {
    await tickets();
    for (const expected of [true, true, false]) {
      await takeLease(database.sql, lease);
      expect(await giveBack(database, queue, lease, { failed: true })).toBe(expected);
      expect(await tickets()).toEqual(expected ? [lease.jobId] : []);
    }
    await endRun(database, lease, { status: 'rejected', error: { timestamp: 't', message: 'm' } });
    expect(await job()).toMatchObject({ status: 'rejected', errors: [{ timestamp: 't', message: 'm' }] });
  });

  it('counts a run that is done once, in the same commit, and no other', async () => {
    await takeLease(database.sql, lease);
    await endRun(database, rival, { status: 'done' });
    expect(await usage()).toEqual([]);
    await endRun(database, lease, { status: 'done' });
    await endRun(database, lease, { status: 'done' });
    expect(await usage()).toEqual([
      {
        api_key_id: 'key_1',
        client_ref: '',
        language: 'en',
        operating_point: 'enhanced',
        count: 1,
        audio_seconds: 3,
      },
    ]);
  });

  it('counts no rejected run', async () => {
    await takeLease(database.sql, lease);
    await endRun(database, lease, { status: 'rejected', error: { timestamp: 't', message: 'm' } });
    expect(await usage()).toEqual([]);
  });

  it('given back because the worker stops counts no failure', async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      await takeLease(database.sql, lease);
      expect(await giveBack(database, queue, lease, { failed: false })).toBe(true);
    }
  });
});
