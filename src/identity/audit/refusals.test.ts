import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../../test/helpers/database.ts';
import { testPepper } from '../../../test/helpers/identity.ts';
import { systemClock } from '../../base/clock.ts';
import { newRequestId } from '../../base/ids.ts';
import type { Database } from '../../db/database.ts';
import { createPepper } from '../secrets/pepper.ts';
import { type Change, createChange } from './change.ts';
import { explainRequest } from './explain.ts';
import { createRefusals, type Refusals, type RefusedRequest } from './refusals.ts';

let under: DatabaseUnderTest;
let database: Database;
let refusals: Refusals;
const key = { keyId: 'key_1', workspaceId: 'ws_a' };

beforeAll(async () => {
  under = await openTestDatabases('embedded');
  database = await under.open({ migrated: true });
});
afterAll(() => under.close());
beforeEach(async () => {
  await emptyTables(database);
  refusals = start();
});
afterEach(() => refusals.stop());

function start(change: Change = createChange(database.sql, createPepper([testPepper()]))): Refusals {
  const log = pino({ level: 'silent' });
  return createRefusals({ sql: database.sql, change, clock: systemClock, log });
}

const refused = (more: Partial<RefusedRequest> = {}): RefusedRequest => ({
  requestId: newRequestId(),
  method: 'GET',
  route: '/v2/jobs',
  status: 401,
  reason: 'revoked',
  address: '192.0.2.1',
  ...more,
});

async function countRows(): Promise<number> {
  return (await database.sql.selectFrom('refusals').select('request_id').execute()).length;
}

const entries = () =>
  database.sql
    .selectFrom('audit_events')
    .select(['actor_kind', 'workspace_id', 'action', 'target', 'details'])
    .orderBy('sequence')
    .execute();

describe('a refusal', () => {
  it('is explained to its workspace and to the operator, and is unknown to others', async () => {
    const { requestId, ...rest } = refused({ key });
    refusals.note({ requestId, ...rest });
    await refusals.flush();
    const expected = {
      requestId,
      method: 'GET',
      route: '/v2/jobs',
      status: 401,
      reason: 'revoked',
      explanation: expect.stringContaining('revoked'),
      apiKeyId: 'key_1',
      address: '192.0.2.1',
    };
    expect(await explainRequest(database.sql, requestId, 'ws_a')).toMatchObject(expected);
    expect(await explainRequest(database.sql, requestId)).toMatchObject(expected);
    const unknown = { code: 'not_found', detail: 'no refusal of this request is known' };
    await expect(explainRequest(database.sql, requestId, 'ws_b')).rejects.toMatchObject(unknown);
    await expect(explainRequest(database.sql, newRequestId(), 'ws_a')).rejects.toMatchObject(unknown);
  });

  it('of an unknown credential is for the operator alone', async () => {
    const one = refused({ reason: 'unknown' });
    refusals.note(one);
    await refusals.flush();
    await expect(explainRequest(database.sql, one.requestId, 'ws_a')).rejects.toThrow();
    expect(await explainRequest(database.sql, one.requestId)).toMatchObject({ apiKeyId: null });
  });

  it('is kept for seven days', async () => {
    const [old, young] = [refused({ key }), refused({ key })];
    refusals.note(old);
    refusals.note(young);
    await refusals.flush();
    await refusals.stop();
    const at = new Date(Date.now() - 7 * 86_400_000 - 60_000);
    await database.sql.updateTable('refusals').set({ at }).where('request_id', '=', old.requestId).execute();
    refusals = start(); // cleans at the first turn
    await expect.poll(countRows, { timeout: 5_000 }).toBe(1);
    expect(await explainRequest(database.sql, young.requestId, 'ws_a')).toBeTruthy();
  });
});

describe('a flood', () => {
  it('of junk keeps a few rows, is counted whole, and does not push out the refusal of a key', async () => {
    for (let i = 0; i < 20_000; i += 1) {
      refusals.note(refused({ reason: 'malformed', address: `198.51.100.${i % 250}` }));
    }
    const own = refused({ key });
    refusals.note(own);
    await refusals.flush();
    expect(await countRows()).toBe(21);
    expect(await explainRequest(database.sql, own.requestId, 'ws_a')).toMatchObject({ reason: 'revoked' });
    await refusals.stop();
    expect(await entries()).toEqual([
      {
        actor_kind: 'system',
        workspace_id: null,
        action: 'requests.refused',
        target: 'unknown',
        details: { reason: 'malformed', count: 20_000, addresses: 250 },
      },
      {
        actor_kind: 'system',
        workspace_id: 'ws_a',
        action: 'requests.refused',
        target: 'key_1',
        details: { reason: 'revoked', count: 1, addresses: 1 },
      },
    ]);
  });

  it('over many keys is one entry for those beyond the first, and one statement of rows', async () => {
    for (let i = 0; i < 1_000; i += 1) {
      refusals.note(refused({ key: { keyId: `key_${i}`, workspaceId: 'ws_a' } }));
    }
    await refusals.stop();
    const written = await entries();
    expect(written).toHaveLength(201);
    expect(written.at(-1)).toMatchObject({
      target: 'unknown',
      workspace_id: null,
      details: { reason: 'various', count: 800 },
    });
    expect(await countRows()).toBeLessThanOrEqual(500);
  });
});

it('counts go on when they cannot be written, and are not lost', async () => {
  const working = createChange(database.sql, createPepper([testPepper()]));
  let isAway = true;
  const change: Change = (actor, work) => {
    if (!isAway) return working(actor, work);
    isAway = false;
    // While the others are being written.
    flaky.note(refused({ key }));
    flaky.note(refused({ key }));
    return Promise.reject(new Error('Connection terminated'));
  };
  const flaky = start(change);
  flaky.note(refused({ key }));
  await flaky.stop();
  expect(await entries()).toEqual([]);
  flaky.note(refused({ key, address: '192.0.2.2' }));
  await flaky.stop();
  expect(await entries()).toMatchObject([{ details: { reason: 'revoked', count: 4, addresses: 2 } }]);
});
