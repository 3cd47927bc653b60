import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DatabaseUnderTest, openTestDatabases } from '../../test/helpers/database.ts';
import { migrate } from './migrate.ts';

describe.each(['embedded', 'server'] as const)('migrations on the %s database', (kind) => {
  let under: DatabaseUnderTest;
  beforeAll(async () => {
    under = await openTestDatabases(kind);
  });
  afterAll(() => under.close());

  it('may be run by several starters at once, and again', async () => {
    const { sql } = await under.open({ migrated: false });
    await Promise.all([migrate(sql), migrate(sql), migrate(sql)]);
    await migrate(sql);
    const { rows } = await raw<{ name: string }>`select name from migrations order by name`.execute(sql);
    const files = (await readdir(new URL('./migrations/', import.meta.url))).toSorted();
    expect(rows.map(({ name }) => name)).toEqual(files);
  });

  it('leaves nothing of a migration that fails midway', async () => {
    const { sql } = await under.open({ migrated: false });
    const directory = await mkdtemp(join(tmpdir(), 'parley-migrations-'));
    await writeFile(join(directory, '0001_bad.sql'), 'create table half (a int); select nonsense();');
    await expect(migrate(sql, pathToFileURL(`${directory}/`))).rejects.toThrow('nonsense');
    const { rows } = await raw`select 1 from pg_class where relname = 'half'`.execute(sql);
    expect(rows).toEqual([]);
    await rm(directory, { recursive: true });
  });

  it('refuses a database that a newer, breaking version has upgraded', async () => {
    const { sql } = await under.open({ migrated: true });
    await raw`insert into migrations (name, breaking) values ('0999_additive.sql', false)`.execute(sql);
    await migrate(sql);
    await raw`insert into migrations (name, breaking) values ('1000_future.sql', true)`.execute(sql);
    await expect(migrate(sql)).rejects.toThrow('1000_future.sql');
  });

  it('numbers new workspaces and projects, which an environment may miss as well', async () => {
    const { sql } = await under.open({ migrated: true });
    const version = async () =>
      (await sql.selectFrom('identity_head').select('version').executeTakeFirstOrThrow()).version;
    const before = await version();
    await raw`insert into workspaces (workspace_id, name, customer_type, regions, temporary_keys_enabled) values ('ws_2', 'w', 'on-demand', '{eu}', false)`.execute(
      sql,
    );
    expect(await version()).toBe(before + 1);
    await raw`insert into projects (workspace_id, name, regions) values ('ws_2', 'p', '{eu}')`.execute(sql);
    expect(await version()).toBe(before + 2);
  });

  it('gives an environment no receipt while it lacks changes, whatever its nodes say', async () => {
    const { sql } = await under.open({ migrated: true });
    await raw`update identity_head set version = 7`.execute(sql);
    await raw`insert into environment_database (environment, origin, missed_at) values ('EU1', 'EU1', now())`.execute(
      sql,
    );
    await raw`select advance_receipt()`.execute(sql);
    const applied = async () =>
      (await sql.selectFrom('environment_receipts').select('applied_version').executeTakeFirst())
        ?.applied_version;
    expect(await applied()).toBe(0);
    await raw`update environment_database set missed_at = null`.execute(sql);
    await raw`select advance_receipt()`.execute(sql);
    expect(await applied()).toBe(7);
  });

  it('tells listeners which identity row has changed', async () => {
    const database = await under.open({ migrated: true });
    const messages: string[] = [];
    await database.listen({
      channel: 'identity_changed',
      onMessage: (text) => messages.push(text),
      onFeed: () => {},
    });
    await raw`insert into projects (workspace_id, name, regions) values ('ws_1', 'p', '{eu}')`.execute(
      database.sql,
    );
    await raw`update projects set name = 'q'`.execute(database.sql);
    await expect.poll(() => messages).toEqual(['::1', 'projects:1:2']);
  });
});
