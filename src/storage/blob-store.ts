import type { Readable } from 'node:stream';

/** Bytes to store, whole or as they come. A `Readable` is one form of the latter. */
export type BlobContent = Uint8Array | AsyncIterable<Uint8Array>;

/** A stored blob as a file of this machine. `release` tells the store that it is no longer read. */
export interface LocalBlob {
  /** Absolute. Read only. */
  readonly path: string;
  release(): Promise<void>;
}

/** Bytes of a blob, counted from 0, both inclusive; the last one must be there. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface ReadOptions {
  /** Default: the whole blob. */
  readonly range?: ByteRange | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Audio, transcripts and manifests by key, for example `eu1/jobs/a1b2c3d4e5/audio`. A prefix is whole
 * segments of a key: `eu1/jobs/a1` covers itself and `eu1/jobs/a1/audio`, not `eu1/jobs/a1b2`. No key may be
 * a prefix of another. A malformed key or prefix throws `TypeError` (see `blob-key.ts`).
 * `blob-store.contract.ts` is the suite every implementation passes.
 */
export interface BlobStore {
  /**
   * Stores the content, in place of any earlier one, with flat memory. Once it has resolved the blob survives
   * power loss; until then readers see the earlier state. When the content fails or the signal aborts, it
   * rejects with that error or reason at once, ends the source and leaves nothing behind.
   */
  put(key: string, content: BlobContent, signal?: AbortSignal): Promise<{ readonly sizeBytes: number }>;
  /** Opens a blob, or a part of it, for reading; read it to its end or destroy it. Throws `BlobNotFound`. */
  get(key: string, options?: ReadOptions): Promise<Readable>;
  /** For readers that need a path. Throws `BlobNotFound`. */
  localPath(key: string, signal?: AbortSignal): Promise<LocalBlob>;
  /** Removes every blob the prefix covers. It is no error that there is none. */
  delete(prefix: string): Promise<void>;
  /** Keys of every blob the prefix covers, in no order. */
  list(prefix: string): AsyncIterable<string>;
}

/** There is no blob with this key. */
export class BlobNotFound extends Error {
  override readonly name = 'BlobNotFound';

  constructor(key: string, options: { cause?: unknown } = {}) {
    super(`No blob with the key ${key}`, options);
  }
}

/** The store cannot be reached, does not answer or refuses: nothing is wrong with what was asked of it. */
export class StorageAway extends Error {
  override readonly name = 'StorageAway';
}

/** Whether an error means that the store is away, and that the same may work later. */
export const isStorageAway = (error: unknown): boolean => error instanceof StorageAway;
