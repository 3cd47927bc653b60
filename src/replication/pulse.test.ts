import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, expect, it } from 'vitest';
import { openTestDatabases } from '../../test/helpers/database.ts';
import { startPulse } from './pulse.ts';

const databases = await openTestDatabases('server');
afterAll(() => databases.close());

it('a heartbeat that cannot be written is a line in the log, and not one for each', async () => {
  const { sql } = await databases.open({ migrated: false });
  const lines: object[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const pulse = startPulse(sql, 'fingerprint', log);
  await sleep(1_000);
  await pulse.stop();
  expect(lines).toEqual([
    expect.objectContaining({ level: 40, reason: 'relation "control_heartbeat" does not exist' }),
  ]);
});
