import { StorageAway } from './blob-store.ts';

/** Where the objects are. */
export interface S3Location {
  readonly bucket: string;
  /** Absent: Amazon's. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  /** Keys of objects begin with it, and a slash. */
  readonly prefix?: string | undefined;
}

/** The objects are those of another installation, which alone knows which of them are still wanted. */
export class StorageTaken extends Error {
  override readonly name = 'StorageTaken';
}

/** What errors of the SDK and of the system have in common. */
interface Failure {
  readonly name?: string;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const failureOf = (error: unknown) => {
  const { name = 'Error', code, $metadata } = (error ?? {}) as Failure;
  return { name, code: typeof code === 'string' ? code : undefined, status: $metadata?.httpStatusCode };
};

/** Whether the bucket answers that it has no such object. */
export function isNoSuchObject(error: unknown): boolean {
  const { name, status } = failureOf(error);
  return name === 'NoSuchKey' || (name === 'NotFound' && status === 404);
}

/** Whether what was asked for is wrong, not the store. */
export const isBadRange = (error: unknown): boolean => failureOf(error).status === 416;

/** Why a request has failed, in a sentence that tells the operator what to do. */
export function storageAway(error: unknown, { bucket, endpoint, region }: S3Location): StorageAway {
  const { name, code, status } = failureOf(error);
  const where = `the bucket ${bucket}${endpoint === undefined ? '' : ` at ${endpoint}`}`;
  return new StorageAway(sentence(), { cause: error });

  function sentence(): string {
    if (name === 'CredentialsProviderError') {
      return `no credentials for ${where} were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role`;
    }
    if (status === 301 || status === 307 || name === 'AuthorizationHeaderMalformed') {
      return `${where} is not in the region ${region}: correct PARLEY_S3_REGION`;
    }
    if (status === 404) return `${where} is not there: make it, or correct PARLEY_S3_BUCKET`;
    if (status === 401 || status === 403) {
      return `${where} refuses (${name}): the credentials must allow to list it and to get, put and delete its objects`;
    }
    if (status !== undefined) return `${where} fails (${status} ${name}): see what the store says of it`;
    // A connection that was cut is a TimeoutError to the SDK, too.
    if (/^(TimeoutError|AbortError)$/.test(name) && /^(|ETIMEDOUT)$/.test(code ?? '')) {
      return `${where} does not answer in time: check the store and the network`;
    }
    return `${where} cannot be reached (${code ?? name}): check PARLEY_S3_ENDPOINT and the network`;
  }
}
