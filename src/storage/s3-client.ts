import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import type { Logger } from '../base/log.ts';
import { BlobNotFound } from './blob-store.ts';
import { isBadRange, isNoSuchObject, type S3Location, storageAway } from './s3-error.ts';

/** How long a store is waited for; each request is made three times at most. */
export interface Patience {
  readonly connectMs: number;
  /** Without a byte in either direction. */
  readonly silenceMs: number;
}

interface Asked {
  /** Of the blob whose absence is an answer. */
  readonly key?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface S3Connection {
  /** For answers that are read slowly: it only waits for their beginning, the reader watches the rest. */
  readonly reader: S3Client;
  readonly writer: S3Client;
  /** The answer to a request. Throws `BlobNotFound`, `StorageAway`, or the signal's reason. */
  ask<T>(request: Promise<T>, asked?: Asked): Promise<T>;
  close(): void;
}

const ATTEMPTS = 3;
/** Of each client: a caller who reads a blob slowly holds one. */
const MAX_CONNECTIONS = 200;

export function connectS3(
  location: S3Location,
  { connectMs, silenceMs }: Patience,
  log: Logger,
): S3Connection {
  const open = (timeouts: { socketTimeout?: number; requestTimeout?: number }): S3Client => {
    const agent = { keepAlive: true, maxSockets: MAX_CONNECTIONS };
    const client = new S3Client({
      region: location.region,
      ...(location.endpoint !== undefined && { endpoint: location.endpoint, forcePathStyle: true }),
      maxAttempts: ATTEMPTS,
      // Many stores do not know the checksums that S3 has since 2024; the signature covers the content anyway.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: connectMs,
        throwOnRequestTimeout: true,
        httpAgent: agent,
        httpsAgent: agent,
        ...timeouts,
      },
    });
    addContentMd5(client);
    return client;
  };
  const reader = open({ requestTimeout: silenceMs });
  const writer = open({ socketTimeout: silenceMs });
  return {
    reader,
    writer,
    ask: createAsk(location, log),
    close() {
      reader.destroy();
      writer.destroy();
    },
  };
}

/** A deletion of many must carry a checksum; this one is known to all stores, old ones too. */
function addContentMd5(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === 'DeleteObjectsCommand') {
          const request = args.request as { headers: Record<string, string>; body: string };
          request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64');
        }
        return next(args);
      },
    { step: 'build' },
  );
}

/** Errors become those of a blob store; the log tells when the store goes and when it is back. */
function createAsk(location: S3Location, log: Logger): S3Connection['ask'] {
  let isAway = false;
  const note = (away: boolean, tell: () => void) => {
    if (isAway !== away) tell();
    isAway = away;
  };
  return async (request, { key, signal } = {}) => {
    try {
      const answer = await request;
      note(false, () => log.info({ bucket: location.bucket }, 'storage is back'));
      return answer;
    } catch (error) {
      signal?.throwIfAborted();
      if (isBadRange(error)) throw error;
      if (key !== undefined && isNoSuchObject(error)) throw new BlobNotFound(key, { cause: error });
      const away = storageAway(error, location);
      note(true, () => log.warn({ reason: away.message }, 'storage is away'));
      throw away;
    }
  };
}
