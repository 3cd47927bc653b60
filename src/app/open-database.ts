import { join } from 'node:path';
import type { Logger } from '../base/log.ts';
import type { Config } from '../config/load.ts';
import type { Database } from '../db/database.ts';
import { openEmbedded } from '../db/embedded.ts';
import { lockDirectory } from '../db/lock-directory.ts';
import { migrate } from '../db/migrate.ts';
import { openServer } from '../db/server.ts';
import type { Closers } from './closers.ts';

/** The configured PostgreSQL, its schema up to date. */
export async function openDatabase(config: Config, log: Logger, closers: Closers): Promise<Database> {
  const database = await connect(config, log, closers);
  closers.add(() => database.close());
  await migrate(database.sql);
  return database;
}

async function connect({ db, app }: Config, log: Logger, closers: Closers): Promise<Database> {
  if (db.url !== undefined) return openServer(db.url, log);
  const lock = await lockDirectory(app.dataDir);
  closers.add(() => lock.release());
  return openEmbedded(join(app.dataDir, 'postgres'));
}
