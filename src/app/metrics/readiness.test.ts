import { setTimeout as sleep } from 'node:timers/promises';
import type { KyselyPlugin } from 'kysely';
import { pino } from 'pino';
import { afterAll, expect, it } from 'vitest';
import { openTestDatabases } from '../../../test/helpers/database.ts';
import { createReadiness } from './readiness.ts';

const databases = await openTestDatabases('server');
afterAll(() => databases.close());

const node = {
  hasTrustedClock: () => true,
  hasMissedChanges: () => false,
  figures: () => {
    throw new TypeError('its clock is right');
  },
};

it('asks the database once a second, however many want to know', async () => {
  const { sql } = await databases.open({ migrated: true });
  let statements = 0;
  const counter: KyselyPlugin = {
    transformQuery({ node: query }) {
      statements += 1;
      return query;
    },
    transformResult: async ({ result }) => result,
  };
  const log = pino({ level: 'silent' });
  const whyNotReady = createReadiness({
    node,
    database: { sql: sql.withPlugin(counter) },
    files: undefined,
    log,
  });
  for (let count = 0; count < 20; count += 1) expect(await whyNotReady()).toBeUndefined();
  expect(statements).toBe(1);
  await sleep(1_100);
  await whyNotReady();
  expect(statements).toBe(2);
});

it('tells the log alone what the database said', async () => {
  const { sql } = await databases.open({ migrated: false });
  const lines: object[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const whyNotReady = createReadiness({ node, database: { sql }, files: undefined, log });
  const reason = 'the database does not answer: the log of the node says why';
  expect(await whyNotReady()).toBe(reason);
  expect(lines).toEqual([
    expect.objectContaining({ level: 40, reason, cause: 'relation "nodes" does not exist' }),
  ]);
});
