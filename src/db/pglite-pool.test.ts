import { sql as raw } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DatabaseUnderTest, openTestDatabases } from '../../test/helpers/database.ts';
import { type Database, runRaw } from './database.ts';

let under: DatabaseUnderTest;
let database: Database;
beforeAll(async () => {
  under = await openTestDatabases('embedded');
  database = await under.open({ migrated: false });
  await runRaw(database.sql, 'create table numbers (n int)');
});
afterAll(() => under.close());

it('does not mix the statements of two transactions', async () => {
  const insertThen = (n: number, end: 'commit' | 'rollback') =>
    database.sql.transaction().execute(async (tx) => {
      await raw`insert into numbers values (${n})`.execute(tx);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await raw`insert into numbers values (${n})`.execute(tx);
      if (end === 'rollback') throw new Error('rolled back');
    });
  const results = await Promise.allSettled([
    insertThen(1, 'commit'),
    insertThen(2, 'rollback'),
    raw`insert into numbers values (3)`.execute(database.sql),
    insertThen(4, 'commit'),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  const { rows } = await raw<{ n: number }>`select n from numbers order by n`.execute(database.sql);
  expect(rows.map(({ n }) => n)).toEqual([1, 1, 3, 4, 4]);
});

it('goes on after a statement that failed', async () => {
  await expect(raw`select nonsense`.execute(database.sql)).rejects.toThrow('nonsense');
  const { rows } = await raw<{ one: number }>`select 1 as one`.execute(database.sql);
  expect(rows).toEqual([{ one: 1 }]);
});
