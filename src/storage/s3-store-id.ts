import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { BlobNotFound } from './blob-store.ts';
import { isAbsence } from './directories.ts';
import type { S3Connection } from './s3-client.ts';
import { type S3Location, StorageTaken } from './s3-error.ts';

/** Of the object; no blob has such a key. */
const ID_KEY = '.parley/store-id';
/** Of the file that tells which store an installation of one process uses. */
const ID_FILE = 'store-id';

interface Store {
  readonly location: S3Location;
  /** What keys begin with. */
  readonly root: string;
  /** What the only process that uses the store keeps of it. */
  readonly directory: string;
  readonly isAlone: boolean;
}

/**
 * The id that the store has, or gets now. It is kept in the store, so that it stays the same when the store gets
 * another address. Throws `StorageTaken` for the store of another installation, with `isAlone`.
 */
export async function findStoreId(connection: S3Connection, store: Store): Promise<string> {
  const { location, root, directory, isAlone } = store;
  const object = { Bucket: location.bucket, Key: `${root}${ID_KEY}` };
  const found = await read(connection, object);
  const id = found ?? newStoreId(location);
  const path = join(directory, ID_FILE);
  if (isAlone && found !== undefined && found !== (await remembered(path))) {
    throw new StorageTaken(
      `the bucket ${location.bucket} has files of another installation; set another PARLEY_S3_PREFIX, or the PARLEY_DATA_DIR they belong to`,
    );
  }
  if (isAlone) await writeFile(path, id, { mode: 0o600 });
  if (found === undefined) {
    await connection.ask(connection.writer.send(new PutObjectCommand({ ...object, Body: id })));
  }
  return id;
}

/** Not random: nodes that start at once make the same, and not every store can keep the first of two. */
function newStoreId({ endpoint = '', bucket, prefix = '' }: S3Location): string {
  const digest = createHash('sha256').update([endpoint, bucket, prefix].join('\n')).digest('hex');
  return `store_${digest.slice(0, 16)}`;
}

async function read(
  { writer, ask }: S3Connection,
  object: { Bucket: string; Key: string },
): Promise<string | undefined> {
  try {
    const { Body } = await ask(writer.send(new GetObjectCommand(object)), { key: ID_KEY });
    return await ask(Body?.transformToString() ?? Promise.resolve(undefined));
  } catch (error) {
    if (error instanceof BlobNotFound) return undefined;
    throw error;
  }
}

async function remembered(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (isAbsence(error)) return undefined;
    throw error;
  });
}
