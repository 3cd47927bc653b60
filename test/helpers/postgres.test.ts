import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresCluster, startPostgres } from './postgres.ts';
import { availableSources } from './postgres-programs.ts';
import { query } from './query.ts';

describe.each(availableSources())('PostgreSQL from %s', (source) => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await startPostgres(source);
  });
  afterAll(() => cluster.stop());

  it('answers as version 15, with fsync and logical replication', async () => {
    const [row] = await query(
      cluster.url,
      `select current_setting('server_version') as version, current_setting('fsync') as fsync,
              current_setting('wal_level') as wal_level`,
    );
    expect(row).toMatchObject({ version: expect.stringMatching(/^15\./), fsync: 'on', wal_level: 'logical' });
  });

  it('keeps two databases apart', async () => {
    const [one, two] = [await cluster.createDatabase(), await cluster.createDatabase()];
    await query(one, 'create table only_here (id int)');
    expect(await query(one, `select to_regclass('only_here')::text as name`)).toEqual([
      { name: 'only_here' },
    ]);
    expect(await query(two, `select to_regclass('only_here')::text as name`)).toEqual([{ name: null }]);
  });

  it('wants the password', async () => {
    const url = new URL(cluster.url);
    url.password = 'another';
    await expect(query(url.href, 'select 1')).rejects.toThrow(/password authentication failed/);
  });

  it('leaves no process and no directory after stop', async () => {
    const other = await startPostgres(source);
    const data = await dataDirectory(other.url);
    const postmaster = Number(readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
    expect(isRunning(postmaster)).toBe(true);
    await other.stop();
    expect(isRunning(postmaster)).toBe(false);
    expect(existsSync(path.resolve(data, '../..'))).toBe(false);
  });
});

it('ends with the process that started it, even when that is killed', async () => {
  const helper = fileURLToPath(new URL('postgres.ts', import.meta.url));
  const script = `import { startPostgres } from ${JSON.stringify(helper)};
    console.log((await startPostgres()).url); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = String((await once(child.stdout, 'data'))[0]).trim();
  const data = await dataDirectory(url);
  child.kill('SIGKILL');
  const connect = () => query(url, 'select 1').then(String, (error) => error.code);
  await expect.poll(connect, { timeout: 20_000 }).toBe('ECONNREFUSED');
  await expect.poll(() => existsSync(path.resolve(data, '../..')), { timeout: 20_000 }).toBe(false);
});

async function dataDirectory(url: string): Promise<string> {
  const [row] = await query<{ data_directory: string }>(url, 'show data_directory');
  return row?.data_directory ?? '';
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
