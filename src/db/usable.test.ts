import { describe, expect, it } from 'vitest';
import { explainFailure, faultOfServer } from './usable.ts';

describe('a PostgreSQL server', () => {
  const good = { version: 150_000, is_standby: false, is_read_only: false };

  it('of version 15 or later that takes changes will do', () => {
    expect(faultOfServer(good)).toBeUndefined();
    expect(faultOfServer({ ...good, version: 180_001 })).toBeUndefined();
  });

  it.each([
    [{ version: 149_999 }, 'PostgreSQL 14.9999: upgrade it, 15'],
    [{ version: 140_023 }, 'PostgreSQL 14.23: upgrade it, 15'],
    [{ is_standby: true, is_read_only: true }, 'a standby'],
    [{ is_read_only: true }, 'default_transaction_read_only'],
  ])('with %j will not', (figures, words) => {
    expect(faultOfServer({ ...good, ...figures })).toContain(words);
  });
});

describe('a database that cannot be reached', () => {
  const url = 'postgres://ann%40ops:hunter2@db.example:6543/parley%20one?sslmode=disable';
  const coded = (code: string) => Object.assign(new Error('hunter2'), { code });

  it.each([
    [coded('ENOTFOUND'), 'names the host db.example, which is not known (ENOTFOUND)', true],
    [coded('ECONNREFUSED'), 'leads to db.example:6543, where nothing answers (ECONNREFUSED)', true],
    [new Error('timeout exceeded when trying to connect'), 'nothing answers (ETIMEDOUT)', true],
    [coded('57P03'), 'takes no connections now (57P03)', true],
    [new Error('SASL: client password must be a string'), 'names the user "ann@ops"', false],
    [coded('28P01'), 'names the user "ann@ops", whom PostgreSQL does not let into "parley one"', false],
    [coded('3D000'), 'names the database "parley one", which is not there', false],
    [coded('42501'), '"ann@ops", who may not make what is needed', false],
    [coded('25006'), '"parley one", which takes no changes', false],
  ])('for %s says what is wrong, without the password', (error, words, mayPass) => {
    const fault = explainFailure(error, url);
    expect(fault).toMatchObject({ name: 'DatabaseFault', mayPass, message: expect.stringContaining(words) });
    expect((fault as Error).message).not.toContain('hunter2');
  });

  it('for any other reason is not explained', () => {
    expect(explainFailure(coded('42P01'), url)).toBeUndefined();
  });
});
