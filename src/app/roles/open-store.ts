import { join } from 'node:path';
import type { Logger } from '../../base/log.ts';
import { type Config, ConfigError } from '../../config/load.ts';
import { type BlobStore, StorageAway } from '../../storage/blob-store.ts';
import { createDiskStore } from '../../storage/disk.ts';
import { StorageTaken } from '../../storage/s3-error.ts';
import type { Closers } from '../closers.ts';

/** The files of jobs. */
export interface Files {
  readonly store: BlobStore;
  /** The same on all nodes that have the same files. */
  readonly storeId: string;
  /** A sentence about what helps; `undefined` while the store takes files. */
  whyNotReady(): Promise<string | undefined>;
}

const BUCKET_AWAY = 'the bucket of PARLEY_S3_BUCKET is away or refuses: the log of the node says what helps';

/** The configured store. Throws a sentence that names the option when it cannot be used. */
export async function openStore(config: Config, log: Logger, closers: Closers): Promise<Files> {
  const { s3Bucket, s3Endpoint, s3Prefix } = config.storage;
  if (s3Bucket !== undefined) return openBucket(s3Bucket, { config, log }, closers);
  if (s3Endpoint !== undefined) throw new ConfigError('PARLEY_S3_ENDPOINT needs PARLEY_S3_BUCKET');
  if (s3Prefix !== undefined) throw new ConfigError('PARLEY_S3_PREFIX needs PARLEY_S3_BUCKET');
  const store = createDiskStore({ root: join(config.app.dataDir, 'blobs') });
  const storeId = await store.start({ isAlone: isAlone(config) });
  return { store, storeId, whyNotReady: async () => faultOfDisk(await store.faultCode()) };
}

const faultOfDisk = (code: string | undefined): string | undefined =>
  code &&
  `the disk under PARLEY_DATA_DIR takes nothing (${code}): make room there, or let the server write there`;

/** An embedded database is of one process, and so are its files. */
const isAlone = ({ db }: Config): boolean => db.url === undefined;

async function openBucket(
  bucket: string,
  { config, log }: { config: Config; log: Logger },
  closers: Closers,
): Promise<Files> {
  // Its library takes a while to load, and most installations do without.
  const { createS3Store } = await import('../../storage/s3.ts');
  const { s3Endpoint: endpoint, s3Region: region, s3Prefix: prefix } = config.storage;
  const location = { bucket, endpoint, region, prefix };
  const store = createS3Store({ location, directory: join(config.app.dataDir, 's3'), log });
  closers.add(async () => store.close());
  try {
    const storeId = await store.start({ isAlone: isAlone(config) });
    return { store, storeId, whyNotReady: async () => ((await store.isReady()) ? undefined : BUCKET_AWAY) };
  } catch (error) {
    if (error instanceof StorageTaken) throw new ConfigError(`PARLEY_S3_BUCKET: ${error.message}`);
    // It may pass: the configuration need not be at fault.
    if (error instanceof StorageAway) throw new Error(`PARLEY_S3_BUCKET: ${error.message}`, { cause: error });
    throw error;
  }
}
