import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, openTestDatabases } from '../../../test/helpers/database.ts';
import { newJobId } from '../../base/ids.ts';
import type { Database } from '../../db/database.ts';
import { insertAndQueue } from '../create.ts';
import { readBacklog } from './backlog.ts';
import { endRun, takeLease } from './lease.ts';
import { createQueue, type Queue } from './queue.ts';

describe('unfinished jobs', () => {
  let under: DatabaseUnderTest;
  let database: Database;
  let queue: Queue;
  beforeAll(async () => {
    under = await openTestDatabases('server');
    database = await under.open({ migrated: true });
    queue = await createQueue(database, pino({ level: 'silent' }), 'test');
  });
  afterAll(async () => {
    await queue.close();
    await under.close();
  });

  async function submit(environment: string, ageSeconds: number, more: object = {}): Promise<string> {
    const jobId = newJobId();
    await database.sql.transaction().execute((tx) =>
      insertAndQueue(tx, queue, {
        environment,
        jobId,
        workspaceId: 'ws_1',
        projectId: 1,
        apiKeyId: 'key_1',
        createdAt: new Date(Date.now() - ageSeconds * 1_000).toISOString(),
        config: { type: 'transcription', transcription_config: { language: 'en' }, ...more },
        dataName: 'a.wav',
        durationSeconds: 1,
        audioBytes: 1,
      }),
    );
    return jobId;
  }

  it('are counted by environment and by what they wait for, with the age of the oldest', async () => {
    await submit('EU1', 100);
    await submit('EU1', 10);
    await submit('US1', 50);
    await submit('US1', 5, { fetch_data: { url: 'https://example.org/a.wav' } });
    for (const age of [200, 300]) {
      const lease = { environment: 'EU1', jobId: await submit('EU1', age), owner: 'node' };
      await takeLease(database.sql, lease);
      if (age === 300) await endRun(database, lease, { status: 'done' });
    }
    const backlog = await readBacklog(database.sql);
    const aged = (seconds: number) => expect.closeTo(seconds, -1);
    expect(
      backlog.sort((a, b) => `${a.environment}${a.state}`.localeCompare(`${b.environment}${b.state}`)),
    ).toEqual([
      { environment: 'EU1', state: 'queued', jobs: 2, oldestSeconds: aged(102) },
      { environment: 'EU1', state: 'running', jobs: 1, oldestSeconds: aged(202) },
      { environment: 'US1', state: 'fetching', jobs: 1, oldestSeconds: aged(7) },
      { environment: 'US1', state: 'queued', jobs: 1, oldestSeconds: aged(52) },
    ]);
  });
});
