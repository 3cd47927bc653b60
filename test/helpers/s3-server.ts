import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import S3rver from 's3rver';
import { leashedDirectory } from './leash.ts';

/** An S3-compatible store with one bucket. */
export interface S3Server {
  readonly url: string;
  readonly bucket: string;
  /** What is stored whose name has this in it. */
  objects(text: string): Promise<string[]>;
  /** Whether every request is denied from now on. */
  refuse(isRefusing: boolean): void;
  /** How many uploads in parts were neither completed nor aborted. */
  unfinishedUploads(): Promise<number>;
  close(): Promise<void>;
}

/** The only credentials that it takes. */
export const S3_CREDENTIALS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };

const BUCKET = 'recordings';
const KEYS_PER_PAGE = 2;

export async function startS3Server(): Promise<S3Server> {
  const directory = leashedDirectory('parley-s3-');
  const s3 = new S3rver({
    directory: directory.path,
    silent: true,
    vhostBuckets: false,
    configureBuckets: [{ name: BUCKET }],
  });
  await s3.configureBuckets();
  putInOneStep(s3, directory.path);
  giveFirstByte(s3);
  allowAborts(s3);
  wantMd5(s3);
  listInPages(s3);
  const refuse = addRefusal(s3);
  const server = createServer(s3.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket: BUCKET,
    objects: async (text) =>
      (await readdir(path.join(directory.path, BUCKET), { recursive: true })).filter((name) =>
        name.includes(text),
      ),
    refuse,
    unfinishedUploads: () =>
      readdir(uploadsOf(s3, BUCKET)).then(
        ({ length }) => length,
        () => 0,
      ),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await directory.remove();
    },
  };
}

const uploadsOf = ({ store }: S3rver, bucket: string): string =>
  store.getResourcePath(bucket, undefined, 'uploads');

/** As S3 does it. s3rver writes into the object that is there, and answers before all is written. */
function putInOneStep({ store }: S3rver, directory: string): void {
  store.putObject = async ({ bucket, key, content, metadata }) => {
    const temp = path.join(directory, randomUUID());
    const target = store.getResourcePath(bucket, key, 'object');
    const hash = createHash('md5');
    let size = 0;
    async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    }
    try {
      await pipeline(content, counted, createWriteStream(temp));
      await mkdir(path.dirname(target), { recursive: true });
      await rename(temp, target);
    } finally {
      await rm(temp, { force: true });
    }
    const md5 = hash.digest('hex');
    await store.putMetadata(bucket, key, metadata, md5);
    return { size, md5 };
  };
}

/** s3rver takes a range that ends with byte 0 for one without an end, unless that is text. */
function giveFirstByte({ store }: S3rver): void {
  const getObject = store.getObject.bind(store);
  store.getObject = (bucket, key, range) =>
    getObject(bucket, key, range?.end === 0 ? { ...range, end: '0' } : range);
}

/** AbortMultipartUpload, which s3rver does not have. */
function allowAborts(s3: S3rver): void {
  s3.middleware.unshift(async (context, next) => {
    const { uploadId } = context.query;
    if (context.method !== 'DELETE' || uploadId === undefined) return next();
    const [, bucket = ''] = context.path.split('/');
    await rm(path.join(uploadsOf(s3, bucket), uploadId), { recursive: true });
    context.status = 204;
  });
}

/** As S3 says it to credentials that a policy does not allow. */
function addRefusal({ middleware }: S3rver): (isRefusing: boolean) => void {
  let isRefused = false;
  middleware.unshift(async (context, next) => {
    if (!isRefused) return next();
    context.status = 403;
    context.type = 'application/xml';
    context.body = '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';
  });
  return (isRefusing) => {
    isRefused = isRefusing;
  };
}

/** As older stores do for a deletion of many. */
function wantMd5({ middleware }: S3rver): void {
  middleware.unshift(async (context, next) => {
    const isWanting = context.query.delete !== undefined && context.headers['content-md5'] === undefined;
    if (!isWanting) return next();
    context.status = 400;
  });
}

/** Short pages, so that there is more than one. The token of s3rver is made with DES, which Node has no more. */
function listInPages({ store, middleware }: S3rver): void {
  const listObjects = store.listObjects.bind(store);
  store.listObjects = async (bucket, options) => ({
    ...(await listObjects(bucket, options)),
    isTruncated: false,
  });
  middleware.splice(-1, 0, async (context, next) => {
    const { 'continuation-token': token, ...query } = context.query;
    if (query['list-type'] !== '2') return next();
    const after = token === undefined ? {} : { 'start-after': token };
    context.query = { ...query, ...after, 'max-keys': String(KEYS_PER_PAGE) };
    await next();
    const { ListBucketResult: page } = context.body as { ListBucketResult: Page };
    if (page.Contents.length < KEYS_PER_PAGE) return;
    page.IsTruncated = true;
    page.NextContinuationToken = page.Contents.at(-1)?.Key;
  });
}

interface Page {
  readonly Contents: readonly { readonly Key: string }[];
  IsTruncated: boolean;
  NextContinuationToken?: string | undefined;
}
