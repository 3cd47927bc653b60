import { sql as raw } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../../test/helpers/database.ts';
import { testPepper } from '../../../test/helpers/identity.ts';
import type { Database } from '../../db/database.ts';
import { createPepper } from '../secrets/pepper.ts';
import { createChange, type WrittenEntry } from './change.ts';
import { SYSTEM } from './event.ts';
import { verifyAudit } from './verify.ts';

let under: DatabaseUnderTest;
let database: Database;
let written: WrittenEntry[];
const pepper = createPepper([testPepper()]);

beforeAll(async () => {
  under = await openTestDatabases('embedded');
  database = await under.open({ migrated: true });
});
afterAll(() => under.close());
beforeEach(async () => {
  await emptyTables(database);
  await run(`update audit_heads set sequence = 0, hash = decode(repeat('00', 32), 'hex')`);
  written = [];
});

const run = (text: string) => raw.raw(text).execute(database.sql);
const verify = (...args: Parameters<typeof verifyAudit> extends [unknown, unknown, ...infer R] ? R : never) =>
  verifyAudit(database.sql, pepper, ...args);

/** Several entries per change, as a caller with dangerous names would cause them. */
async function write(count: number, using = pepper): Promise<void> {
  const change = createChange(database.sql, using, (entry) => written.push(entry));
  await change({ ...SYSTEM, address: '::1' }, async (_tx, record) => {
    for (let i = 0; i < count; i += 1) {
      const details = { name: `x\r\n\u001b[31m${i}`, nested: { '2': i, '1': null } };
      await record({ action: 'api_key.created', target: `key_${i}`, workspaceId: 'ws_a', details });
    }
  });
}

const last = () => {
  const entry = written.at(-1);
  if (!entry) throw new Error('nothing was written');
  return entry;
};

describe('a log as it was written', () => {
  it('is sound when it is empty, and over several batches', async () => {
    expect(await verify()).toEqual({ ok: true, sequence: 0, hash: '00'.repeat(32) });
    await write(2_500);
    expect(await verify()).toEqual({ ok: true, sequence: 2_500, hash: last().hash });
  });

  it('is sound after the pepper was rotated, and not without the retired one', async () => {
    await write(3);
    const rotated = createPepper([testPepper(2), testPepper()]);
    await write(3, rotated);
    expect(await verifyAudit(database.sql, rotated)).toMatchObject({ ok: true, sequence: 6 });
    const forgetful = createPepper([testPepper(2)]);
    expect(await verifyAudit(database.sql, forgetful)).toMatchObject({ ok: false, fault: { sequence: 1 } });
  });

  it('tells what was written once it is committed, and nothing of what was not', async () => {
    await write(2);
    expect(written).toEqual(
      [1, 2].map((sequence) => ({
        sequence,
        action: 'api_key.created',
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      })),
    );
    const change = createChange(database.sql, pepper, (entry) => written.push(entry));
    const failing = change(SYSTEM, async (_tx, record) => {
      await record({ action: 'api_key.created', target: 'key_x' });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(written).toHaveLength(2);
    expect(await verify()).toMatchObject({ ok: true, sequence: 2 });
  });
});

describe('tampering is found at the entry', () => {
  const change = (column: string, value: string) =>
    `update audit_events set ${column} = ${value} where sequence = 4`;
  it.each([
    [change('at', "at + interval '1 ms'")],
    [change('actor_kind', "'operator-token'")],
    [change('actor_id', "'tok_x'")],
    [change('workspace_id', 'null')],
    [change('action', "'api_key.revoked'")],
    [change('target', "'key_x'")],
    [change('request_id', "'r'")],
    [change('address', 'null')],
    [change('details', `'{"name":"y"}'`)],
    [change('hash', 'set_byte(hash, 31, get_byte(hash, 31) # 1)')],
  ])('altered: %s', async (statement) => {
    await write(8);
    await run(statement);
    const found = await verify();
    expect(found).toMatchObject({ ok: false, sequence: 3, fault: { sequence: 4, kind: 'altered' } });
    expect(found.hash).toBe(written[2]?.hash);
  });

  it.each([[1], [4]])('missing: entry %i', async (sequence) => {
    await write(8);
    await run(`delete from audit_events where sequence = ${sequence}`);
    expect(await verify()).toMatchObject({ fault: { sequence, kind: 'missing' } });
  });

  it('missing, and the later ones moved up', async () => {
    await write(8);
    await run('delete from audit_events where sequence = 4');
    await run('update audit_events set sequence = -sequence where sequence > 4');
    await run('update audit_events set sequence = -sequence - 1 where sequence < 0');
    expect(await verify()).toMatchObject({ fault: { sequence: 4, kind: 'altered' } });
  });

  it.each([
    [4, 5],
    [4, 7],
    [1, 2],
  ])('reordered: %i and %i', async (one, other) => {
    await write(8);
    await run(`update audit_events set sequence = -1 where sequence = ${one}`);
    await run(`update audit_events set sequence = ${one} where sequence = ${other}`);
    await run(`update audit_events set sequence = ${other} where sequence = -1`);
    const { fault } = await verify();
    expect(fault).toMatchObject({ sequence: one, kind: 'reordered' });
    expect(fault?.detail).toMatch(new RegExp(`\\b${other}$`));
  });

  it('truncated, by one or altogether', async () => {
    await write(8);
    await run('delete from audit_events where sequence = 8');
    expect(await verify()).toMatchObject({ sequence: 7, fault: { sequence: 8, kind: 'truncated' } });
    await run('delete from audit_events');
    expect(await verify()).toMatchObject({ sequence: 0, fault: { sequence: 1, kind: 'truncated' } });
  });

  it('added by somebody without the pepper', async () => {
    await write(3);
    await write(1, createPepper([testPepper(9)]));
    expect(await verify()).toMatchObject({ sequence: 3, fault: { sequence: 4, kind: 'altered' } });
  });
});

describe('an expected entry', () => {
  it('is found where it was noted, also when the log has grown', async () => {
    await write(5);
    const noted = last();
    expect(await verify({ expected: noted })).toMatchObject({ ok: true });
    await write(5);
    expect(await verify({ expected: noted })).toMatchObject({ ok: true, sequence: 10 });
  });

  it('shows that the log was put back to an old state, also when it has grown again', async () => {
    await write(5);
    await run('create table old_head as table audit_heads');
    await write(3);
    const noted = last();
    await run('delete from audit_events where sequence > 5');
    await run('delete from audit_heads');
    await run('insert into audit_heads table old_head');
    await run('drop table old_head');
    expect(await verify()).toMatchObject({ ok: true, sequence: 5 });
    const fault = { sequence: noted.sequence, kind: 'rolled_back' };
    expect(await verify({ expected: noted })).toMatchObject({ ok: false, fault });
    await write(4);
    expect(await verify()).toMatchObject({ ok: true, sequence: 9 });
    expect(await verify({ expected: noted })).toMatchObject({ ok: false, fault });
  });
});
