import { type Totals, writeBackup } from '../../backup/backup.ts';
import { restoreBackup } from '../../backup/restore.ts';
import { createLogger } from '../../base/log.ts';
import type { Config } from '../../config/load.ts';
import type { Database } from '../../db/database.ts';
import type { Topology } from '../../regions/topology.ts';
import { withClosers } from '../closers.ts';
import { openDatabase } from '../open-database.ts';
import { fingerprintsOf, openExistingPepper } from '../open-identity.ts';
import { openTopology } from '../open-topology.ts';
import { type Files, openStore } from '../roles/open-store.ts';
import { VERSION } from '../version.ts';

interface Installation {
  readonly database: Database;
  readonly topology: Topology;
  readonly files: Files;
  /** One for each pepper, the current one first. */
  readonly fingerprints: readonly string[];
}

/** Writes what the configured installation keeps into a file. */
export const backUp = (
  config: Config,
  path: string,
  { withFiles }: { withFiles: boolean },
): Promise<Totals> =>
  withInstallation(config, ({ database, topology, files, fingerprints: [pepperFingerprint = ''] }) =>
    writeBackup(path, {
      sql: database.sql,
      store: withFiles ? files.store : undefined,
      environments: [...topology.environmentNames].map((name) => name.toLowerCase()),
      version: VERSION,
      pepperFingerprint,
    }),
  );

/** Puts a backup into the configured database and store, which must be empty. */
export const restore = (config: Config, path: string): Promise<Totals> =>
  withInstallation(config, ({ database, files: { store, storeId }, fingerprints }) =>
    restoreBackup(path, { sql: database.sql, store, storeId, pepperFingerprints: fingerprints }),
  );

async function withInstallation<T>(config: Config, use: (of: Installation) => Promise<T>): Promise<T> {
  const log = createLogger('fatal');
  return withClosers(async (closers) => {
    const fingerprints = fingerprintsOf(await openExistingPepper(config));
    const topology = await openTopology(config);
    const database = await openDatabase(config, log, closers);
    const files = await openStore(config, log, closers);
    return use({ database, topology, files, fingerprints });
  });
}
