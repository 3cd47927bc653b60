import { sql as raw } from 'kysely';
import type { Sql } from '../db/database.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { BackupError, readArchive, textOf } from './archive.ts';
import { appliedMigrations, type Manifest, type Totals } from './backup.ts';
import { continueNumbers, emptyTable, fillTable, keptTables, moveToStore } from './tables.ts';

export interface RestoreParts {
  readonly sql: Sql;
  readonly store: BlobStore;
  readonly storeId: string;
  /** Of every pepper in the file, current and retired. */
  readonly pepperFingerprints: readonly string[];
}

/**
 * Puts a backup into an empty database and store; when anything is wrong with it, the database is left as it was. Throws
 * `BackupError`.
 */
export async function restoreBackup(path: string, parts: RestoreParts): Promise<Totals> {
  return parts.sql.transaction().execute(async (tx) => {
    await requireEmpty(tx);
    const tables = await keptTables(tx);
    for (const table of tables.toReversed()) await emptyTable(tx, table);
    const totals = await readInto(path, tables, { ...parts, sql: tx });
    await continueNumbers(tx);
    await noteGap(tx);
    await moveToStore(tx, parts.storeId);
    return totals;
  });
}

async function requireEmpty(tx: Sql): Promise<void> {
  const { rows } = await raw<{ used: boolean; running: boolean }>`
    select exists (select from workspaces) as used,
           exists (select from nodes where lease_until > now()) as running`.execute(tx);
  if (rows[0]?.running) throw new BackupError('a server runs on this database; stop it first');
  if (rows[0]?.used) {
    throw new BackupError('the database is in use already; a backup is restored into an empty one only');
  }
}

/**
 * What was changed after the backup was made is missing here. Its numbers are not given out again, and the database of an
 * environment has to copy its keys anew (docs/failover.md).
 */
async function noteGap(tx: Sql): Promise<void> {
  await raw`update identity_head set lineage = 'restored'`.execute(tx);
  await raw`update environment_database set missed_at = now()`.execute(tx);
}

async function readInto(path: string, tables: readonly string[], parts: RestoreParts): Promise<Totals> {
  const restored = { rows: 0, files: 0 };
  let manifest: Manifest | undefined;
  let totals: Totals | undefined;
  await readArchive(path, async (entry) => {
    const [kind, ...rest] = entry.name.split('/');
    const table = rest[0] ?? '';
    if (entry.name === 'backup.json') manifest = await accept(await textOf(entry), path, parts);
    else if (!manifest) throw new BackupError(`${path} is no backup`);
    else if (kind === 'files') {
      await parts.store.put(rest.join('/'), entry.content);
      restored.files += 1;
    } else if (kind === 'tables' && tables.includes(table)) {
      restored.rows += await fillTable(parts.sql, table, await textOf(entry));
    } else if (entry.name === 'end.json') totals = JSON.parse(await textOf(entry)) as Totals;
    else throw new BackupError(`${path} holds ${entry.name}, which this version does not know`);
  });
  if (totals?.rows !== restored.rows || totals.files !== restored.files) {
    throw new BackupError(`${path} is not whole`);
  }
  return totals;
}

/** Reads the manifest and refuses what would not work afterwards. */
async function accept(text: string, path: string, parts: RestoreParts): Promise<Manifest> {
  const manifest = JSON.parse(text) as Manifest;
  const known = await appliedMigrations(parts.sql);
  if (manifest.format !== 1 || manifest.migrations.join() !== known.join()) {
    throw new BackupError(
      `${path} was made by version ${manifest.version}; restore it with that version, then upgrade`,
    );
  }
  if (!parts.pepperFingerprints.includes(manifest.pepper)) {
    throw new BackupError(
      'the pepper file is not the one of the backup, and no key would be known; put that file in its place first',
    );
  }
  return manifest;
}
