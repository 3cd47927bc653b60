import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { leashedDirectory } from './leash.ts';
import type { PostgresCluster } from './postgres.ts';
import { type PostgresProcess, runPostgres } from './postgres-process.ts';
import { query } from './query.ts';

const LIMIT_MS = 60_000;
const NAME = 'standby';

/** A copy of a PostgreSQL that follows it, physically. */
export interface Standby extends Pick<PostgresProcess, 'crash'> {
  /** Of the database that `url` of the primary names. */
  readonly url: string;
  /** It applies nothing more of what it receives, and loses that when it is promoted. */
  fallBehind(): Promise<void>;
  /** It becomes a primary of its own. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

/** @param options.isSynchronous every commit of the primary waits until it is on the standby's disk */
export async function startStandby(
  primary: PostgresCluster,
  { isSynchronous }: { isSynchronous: boolean },
): Promise<Standby> {
  const directory = leashedDirectory('parley-standby-');
  try {
    const place = { ...primary.place, data: await copyOf(primary, directory.path), port: await freePort() };
    const running = runPostgres(place);
    await running.start();
    await waitUntilItStreams(primary.address);
    if (isSynchronous) await obey(primary.address, `synchronous_standby_names = '${NAME}'`);
    const stop = async () => {
      await running.crash();
      await directory.remove();
    };
    return {
      crash: running.crash,
      url: Object.assign(new URL(primary.url), { port: String(place.port) }).href,
      async fallBehind() {
        // What was received is applied before a promotion, so nothing more may be received.
        await obey(running.address, `primary_conninfo = ''`);
        await whenever(
          primary.address,
          'select 1 where not exists (select from pg_stat_replication where application_name = $1)',
        );
      },
      async promote() {
        const [row] = await query<{ promoted: boolean }>(running.address, 'select pg_promote() as promoted');
        if (row?.promoted !== true) throw new Error('the standby was not promoted');
      },
      stop,
    };
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

/** As pg_basebackup copies, which does not come with every PostgreSQL that tests run on. */
async function copyOf(primary: PostgresCluster, directory: string): Promise<string> {
  const { data, runAs, password, port } = primary.place;
  chmodSync(directory, 0o755);
  const home = path.join(directory, 'cluster');
  mkdirSync(home, { mode: 0o700 });
  const copy = path.join(home, 'data');
  const own = (file: string) => runAs && chownSync(file, runAs.uid, runAs.gid);
  own(home);
  const client = new pg.Client({ connectionString: primary.address });
  await client.connect();
  try {
    await client.query(`select pg_backup_start('standby', true)`);
    await new Promise<void>((resolve) => {
      // Files may go while they are copied; whether the rest is whole shows at its start.
      execFile('cp', ['-a', data, copy], () => resolve());
    });
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    writeFileSync(path.join(copy, 'backup_label'), rows[0]?.labelfile ?? '');
  } finally {
    await client.end();
  }
  rmSync(path.join(copy, 'postmaster.pid'), { force: true });
  // The slots of a primary are its own.
  for (const slot of readdirSync(path.join(copy, 'pg_replslot'))) {
    rmSync(path.join(copy, 'pg_replslot', slot), { recursive: true });
  }
  const from = `host=127.0.0.1 port=${port} user=parley password=${password} application_name=${NAME}`;
  writeFileSync(path.join(copy, 'postgresql.auto.conf'), `primary_conninfo = '${from}'\n`, { flag: 'a' });
  writeFileSync(path.join(copy, 'standby.signal'), '');
  for (const file of ['backup_label', 'standby.signal']) own(path.join(copy, file));
  return copy;
}

const waitUntilItStreams = (primary: string) =>
  whenever(primary, `select 1 from pg_stat_replication where application_name = $1 and state = 'streaming'`);

async function whenever(address: string, text: string): Promise<void> {
  for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; await sleep(50)) {
    if ((await query(address, text, [NAME])).length > 0) return;
  }
  throw new Error(`not within ${LIMIT_MS / 1_000} s: ${text}`);
}

async function obey(address: string, setting: string): Promise<void> {
  await query(address, `alter system set ${setting}`);
  await query(address, 'select pg_reload_conf()');
}
