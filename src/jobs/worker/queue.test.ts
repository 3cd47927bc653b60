import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, openTestDatabases } from '../../../test/helpers/database.ts';
import type { Database } from '../../db/database.ts';
import { createQueue } from './queue.ts';

describe('queues that are made at the same time', () => {
  let under: DatabaseUnderTest;
  let database: Database;
  beforeAll(async () => {
    under = await openTestDatabases('server');
    database = await under.open({ migrated: true });
  });
  afterAll(() => under.close());

  it('do not fail by waiting for each other', async () => {
    const log = pino({ level: 'silent' });
    const first = await createQueue(database, log, 'first');
    const others = await Promise.all(
      Array.from({ length: 6 }, (_, index) => createQueue(database, log, `other_${index}`)),
    );
    expect(new Set(others.map(({ storeId }) => storeId)).size).toBe(6);
    await Promise.all([first, ...others].map((queue) => queue.close()));
  });
});
