import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectsCommand,
  type DeleteObjectsCommandOutput,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { deadline } from '../base/abort.ts';
import type { Logger } from '../base/log.ts';
import { askRarely } from '../base/rarely.ts';
import { checkBlobKey } from './blob-key.ts';
import { BlobNotFound, type BlobStore, type ReadOptions } from './blob-store.ts';
import { chunksOf } from './chunks.ts';
import { makeDirectory, orAway } from './directories.ts';
import { connectS3, type Patience, type S3Connection } from './s3-client.ts';
import type { S3Location } from './s3-error.ts';
import { findStoreId } from './s3-store-id.ts';
import { upload } from './s3-upload.ts';

export interface S3Store extends BlobStore {
  /**
   * Makes the directory and makes sure that the bucket answers; call it once before anything else. Resolves to the id
   * of the store, the same for every process that uses the bucket and prefix. With `isAlone`, when no other process may
   * use them, it throws `StorageTaken` for those of another data directory. Throws `StorageAway`.
   */
  start(options: { readonly isAlone: boolean }): Promise<string>;
  /** Whether the bucket answers; it is asked every few seconds at most, and for a few seconds. */
  isReady(): Promise<boolean>;
  /** Closes the connections. */
  close(): void;
}

interface S3StoreOptions {
  readonly location: S3Location;
  /** For files that are lent, and to remember which store this is. */
  readonly directory: string;
  readonly log: Logger;
  readonly patience?: Patience;
}

const PATIENCE: Patience = { connectMs: 3_000, silenceMs: 10_000 };
/** What S3 takes in one request. */
const KEYS_PER_DELETION = 1_000;
const READY_FOR_MS = 3_000;
const READY_LIMIT_MS = 3_000;
const LENT = '.lent';
/** Nothing reads a lent file for so long. */
const FORGOTTEN_MS = 7 * 86_400_000;

/**
 * Blobs as objects of a bucket, under their keys behind the prefix of the location. `put` cannot be aborted once its
 * last request is sent; `delete` removes a thousand blobs at a time, so that readers may see some of them gone.
 */
export function createS3Store({ location, directory, log, patience = PATIENCE }: S3StoreOptions): S3Store {
  const connection = connectS3(location, patience, log);
  const { reader, writer, ask } = connection;
  const Bucket = location.bucket;
  const root = location.prefix === undefined ? '' : `${location.prefix}/`;
  const objectOf = (key: string) => {
    checkBlobKey(key);
    return { Bucket, Key: `${root}${key}` };
  };

  async function get(key: string, { range, signal }: ReadOptions = {}): Promise<Readable> {
    const object = objectOf(key);
    signal?.throwIfAborted();
    const Range = range && `bytes=${range.start}-${range.end}`;
    const sent = reader.send(new GetObjectCommand({ ...object, Range }), signal && { abortSignal: signal });
    const { Body } = await ask(sent, { key, signal });
    return readable(connection, Body as Readable, patience.silenceMs, signal);
  }

  /** Keys under `prefix`, a page at a time. */
  async function* pagesUnder(prefix: string): AsyncGenerator<string[]> {
    const asked = { Bucket, Prefix: `${root}${prefix}/` };
    let ContinuationToken: string | undefined;
    do {
      const page = await ask(writer.send(new ListObjectsV2Command({ ...asked, ContinuationToken })));
      yield (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key.slice(root.length)]));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }

  async function remove(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += KEYS_PER_DELETION) {
      const Objects = keys.slice(start, start + KEYS_PER_DELETION).map((key) => ({ Key: `${root}${key}` }));
      const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } });
      await ask(writer.send(command).then(throwErrors));
    }
  }

  return {
    async start({ isAlone }) {
      await makeDirectory(directory);
      await removeForgotten(directory, isAlone);
      return findStoreId(connection, { location, root, directory, isAlone });
    },
    isReady: createProbe(connection, Bucket),
    close: () => connection.close(),

    async put(key, content, signal) {
      const object = objectOf(key);
      return { sizeBytes: await upload(connection, object, chunksOf(content, signal), signal) };
    },

    get,

    async localPath(key, signal) {
      const content = await get(key, { signal });
      const path = join(directory, `${randomUUID()}${LENT}`);
      const release = () => rm(path, { force: true });
      try {
        await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      } catch (error) {
        await release();
        throw orAway(error);
      }
      return { path, release };
    },

    async delete(prefix) {
      checkBlobKey(prefix);
      let own = [prefix]; // whether it is there or not
      for await (const keys of pagesUnder(prefix)) {
        await remove([...own, ...keys]);
        own = [];
      }
    },

    async *list(prefix) {
      const object = objectOf(prefix);
      const found = ask(writer.send(new HeadObjectCommand(object)), { key: prefix });
      const isBlob = await found.then(() => true, unlessAbsent);
      if (isBlob) yield prefix;
      else for await (const keys of pagesUnder(prefix)) yield* keys;
    },
  };
}

function unlessAbsent(error: unknown): false {
  if (error instanceof BlobNotFound) return false;
  throw error;
}

/** The answer to a deletion of many tells of each that has failed; the first one stands for all. */
function throwErrors({ Errors = [] }: DeleteObjectsCommandOutput): void {
  const [first] = Errors;
  if (!first) return;
  const { Code: name = 'InternalError', Message } = first;
  const httpStatusCode = name === 'AccessDenied' ? 403 : 500;
  throw Object.assign(new Error(Message), { name, $metadata: { httpStatusCode } });
}

/** What comes, as a stream that closes the connection with it, also when nobody has begun to read. */
function readable(
  connection: S3Connection,
  body: Readable,
  silenceMs: number,
  signal: AbortSignal | undefined,
): Readable {
  const chunks = bytesOf(connection, body, silenceMs, signal);
  return Readable.from(chunks, { objectMode: false }).once('close', () => body.destroy());
}

/** Fails when nothing comes for a while; time in which nobody reads does not count. */
async function* bytesOf(
  { ask }: S3Connection,
  body: Readable,
  silenceMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  while (true) {
    const silence = setTimeout(() => body.destroy(new DOMException('silence', 'TimeoutError')), silenceMs);
    const next = await ask(chunks.next(), { signal }).finally(() => clearTimeout(silence));
    if (next.done) return;
    yield next.value;
  }
}

/** Files that were lent to a process that died: all of them when there can be no other process. */
async function removeForgotten(directory: string, isAlone: boolean): Promise<void> {
  const lent = (await readdir(directory)).filter((name) => name.endsWith(LENT));
  for (const name of lent) {
    const path = join(directory, name);
    // Another process may remove it this moment.
    const writtenMs = isAlone ? 0 : await stat(path).then(({ mtimeMs }) => mtimeMs, Date.now);
    if (Date.now() - writtenMs > FORGOTTEN_MS) await rm(path, { force: true });
  }
}

const createProbe = ({ writer, ask }: S3Connection, Bucket: string): (() => Promise<boolean>) =>
  askRarely(READY_FOR_MS, async () => {
    const limit = deadline(READY_LIMIT_MS);
    const sent = writer.send(new HeadBucketCommand({ Bucket }), { abortSignal: limit.signal });
    return ask(sent)
      .then(
        () => true,
        () => false,
      )
      .finally(() => limit.end());
  });
