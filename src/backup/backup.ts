import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { sql as raw } from 'kysely';
import type { Sql } from '../db/database.ts';
import { BlobNotFound, type BlobStore } from '../storage/blob-store.ts';
import { type ArchiveWriter, writeArchive } from './archive.ts';
import { dumpTable, keptTables } from './tables.ts';

/** The first entry of a backup. */
export interface Manifest {
  readonly format: 1;
  readonly version: string;
  readonly createdAt: string;
  readonly migrations: readonly string[];
  /** Tells which pepper file goes with the backup, without telling the pepper. */
  readonly pepper: string;
}

/** The last entry: a backup without it was cut. */
export interface Totals {
  readonly rows: number;
  readonly files: number;
}

export interface BackupParts {
  readonly sql: Sql;
  /** Absent: audio and transcripts are left out. */
  readonly store: BlobStore | undefined;
  /** Prefixes of the store that hold files of jobs. */
  readonly environments: readonly string[];
  readonly version: string;
  readonly pepperFingerprint: string;
}

/**
 * Writes everything an installation keeps, but for the pepper, into one file: the database as it was at one moment,
 * and the files of its jobs. Servers may go on working meanwhile.
 */
export async function writeBackup(path: string, parts: BackupParts): Promise<Totals> {
  let totals: Totals = { rows: 0, files: 0 };
  await writeArchive(path, (archive) =>
    parts.sql
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        const manifest: Manifest = {
          format: 1,
          version: parts.version,
          createdAt: new Date().toISOString(),
          migrations: await appliedMigrations(tx),
          pepper: parts.pepperFingerprint,
        };
        await archive.add('backup.json', jsonBuffer(manifest));
        const files = await addFiles(archive, parts);
        totals = { rows: await addTables(archive, tx), files };
        await archive.add('end.json', jsonBuffer(totals));
      }),
  );
  return totals;
}

/** Names of the migrations of a database, in order. */
export async function appliedMigrations(sql: Sql): Promise<string[]> {
  const { rows } = await raw<{ name: string }>`select name from migrations order by name`.execute(sql);
  return rows.map(({ name }) => name);
}

async function addFiles(archive: ArchiveWriter, { store, environments }: BackupParts): Promise<number> {
  let count = 0;
  if (!store) return count;
  for (const environment of environments) {
    for await (const key of store.list(environment)) {
      if (await addFile(archive, store, key)) count += 1;
    }
  }
  return count;
}

/** Resolves to false where the file was deleted meanwhile. */
async function addFile(archive: ArchiveWriter, store: BlobStore, key: string): Promise<boolean> {
  const blob = await store.localPath(key).catch((error: unknown) => {
    if (error instanceof BlobNotFound) return undefined;
    throw error;
  });
  if (!blob) return false;
  try {
    const { size } = await stat(blob.path);
    await archive.addStream(`files/${key}`, size, createReadStream(blob.path));
    return true;
  } finally {
    await blob.release();
  }
}

async function addTables(archive: ArchiveWriter, tx: Sql): Promise<number> {
  let count = 0;
  for (const table of await keptTables(tx)) {
    let part = 0;
    for await (const { json, rows } of dumpTable(tx, table)) {
      await archive.add(`tables/${table}/${part}.json`, Buffer.from(json));
      part += 1;
      count += rows;
    }
  }
  return count;
}

const jsonBuffer = (value: object) => Buffer.from(JSON.stringify(value, null, 2));
