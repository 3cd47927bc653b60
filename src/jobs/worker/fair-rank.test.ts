import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../../test/helpers/database.ts';
import { newJobId } from '../../base/ids.ts';
import type { Database } from '../../db/database.ts';
import { insertAndQueue } from '../create.ts';
import { endRun, takeLease } from './lease.ts';
import { createQueue, type Queue, type Ticket } from './queue.ts';

describe.each(['embedded', 'server'] as const)('the queue on the %s database', (kind) => {
  let under: DatabaseUnderTest;
  let database: Database;
  let queue: Queue;
  const projects = new Map<string, number>();
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
    projects.clear();
    while ((await take(100)).length > 0);
  });

  async function submit(projectId: number, count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const jobId = newJobId();
      projects.set(jobId, projectId);
      await database.sql.transaction().execute((tx) =>
        insertAndQueue(tx, queue, {
          environment: 'EU1',
          jobId,
          workspaceId: 'ws_1',
          projectId,
          apiKeyId: 'key_1',
          createdAt: new Date(1_800_000_000_000 + projects.size).toISOString(),
          config: { type: 'transcription', transcription_config: { language: 'en' } },
          dataName: 'a.wav',
          durationSeconds: 1,
          audioBytes: 1,
        }),
      );
    }
  }

  const take = (count: number): Promise<Ticket[]> =>
    database.sql.transaction().execute((tx) => queue.take(tx, count));

  /** Runs so many jobs to their end; the projects they were of, in order. */
  async function serve(count: number): Promise<(number | undefined)[]> {
    const served: (number | undefined)[] = [];
    for (let turn = 0; turn < count; turn += 1) {
      const [ticket] = await take(1);
      if (!ticket) break;
      const lease = { ...ticket, owner: 'node' };
      await takeLease(database.sql, lease);
      await endRun(database, lease, { status: 'done' });
      served.push(projects.get(ticket.jobId));
    }
    return served;
  }

  it('serves the jobs of one project in the order they came', async () => {
    await submit(1, 3);
    const order = [...projects.keys()];
    const taken = [...(await take(1)), ...(await take(1)), ...(await take(1))];
    expect(taken.map(({ jobId }) => jobId)).toEqual(order);
  });

  it('lets projects take turns, whatever each has waiting', async () => {
    await submit(1, 20);
    await serve(5);
    await submit(2, 3);
    expect((await serve(6)).filter((project) => project === 2)).toHaveLength(3);
    expect(await serve(100)).toHaveLength(12);
  });

  it('passes nobody for ever: who comes later is served after what is served now', async () => {
    await submit(1, 10);
    const served: (number | undefined)[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      await submit(2, 1);
      served.push(...(await serve(1)));
    }
    expect(served.filter((project) => project === 1).length).toBeGreaterThanOrEqual(5);
  });
});
