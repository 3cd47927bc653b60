import { join } from 'node:path';
import type { Logger } from '../base/log.ts';
import { type Config, ConfigError } from '../config/load.ts';
import type { Database, Sql } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { openServer } from '../db/server.ts';
import { DatabaseFault, explainFailure, requireUsable } from '../db/usable.ts';
import type { Closers } from './closers.ts';

/**
 * The configured PostgreSQL, its schema up to date. Throws a sentence that names the option when it cannot be used.
 * @param option that holds its address
 * @param prepare in place of bringing the schema up to date, for who only looks
 */
export async function openDatabase(
  config: Config,
  log: Logger,
  closers: Closers,
  option = 'PARLEY_DATABASE_URL',
  prepare: (sql: Sql) => Promise<unknown> = migrate,
): Promise<Database> {
  const database = await connect(config, log, closers);
  closers.add(() => database.close());
  const { url } = config.db;
  try {
    if (url !== undefined) await requireUsable(database.sql, url);
    await prepare(database.sql);
  } catch (error) {
    throw url === undefined ? explained(error, 'PARLEY_DATA_DIR') : explained(error, option, url);
  }
  return database;
}

/** What may pass is no fault of the configuration: another start may go well. */
function explained(error: unknown, option: string, url?: string): unknown {
  const isExplained = error instanceof DatabaseFault || url === undefined;
  const fault = isExplained ? error : explainFailure(error, url);
  if (!(fault instanceof DatabaseFault)) return error;
  const sentence = `${option} ${fault.message}`;
  return fault.mayPass ? new Error(sentence, { cause: fault.cause }) : new ConfigError(sentence);
}

async function connect({ db, app }: Config, log: Logger, closers: Closers): Promise<Database> {
  if (db.url !== undefined) return openServer(db.url, log);
  // Native code and WebAssembly, which a node with a PostgreSQL server does not need.
  const { lockDirectory } = await import('../db/lock-directory.ts');
  const { openEmbedded } = await import('../db/embedded.ts');
  const lock = await lockDirectory(app.dataDir);
  closers.add(() => lock.release());
  return openEmbedded(join(app.dataDir, 'postgres'));
}
