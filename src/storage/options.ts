import { endpoint, type Option, OptionError, optionalText, text } from '../base/option.ts';
import { checkBlobKey } from './blob-key.ts';

interface Declared {
  readonly env: string;
  readonly doc: string;
}

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/;
/** Together with the longest key of a blob it stays below the 1,024 bytes that S3 allows. */
const MAX_PREFIX_LENGTH = 200;

function bucket(option: Declared): Option<string | undefined> {
  const parse = (name: string) => {
    if (!BUCKET.test(name)) throw new OptionError(`must be the name of a bucket, not "${name}"`);
    return name;
  };
  return { ...optionalText(option), parse };
}

function prefix(option: Declared): Option<string | undefined> {
  const parse = (value: string) => {
    try {
      checkBlobKey(value);
      if (value.length <= MAX_PREFIX_LENGTH) return value;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    throw new OptionError(`must look like parley or parley/eu, not "${value}"`);
  };
  return { ...optionalText(option), parse };
}

export const storageOptions = {
  s3Bucket: bucket({
    env: 'PARLEY_S3_BUCKET',
    doc: 'Bucket of Amazon S3, or of a store that speaks its protocol, that keeps audio and transcripts; servers of one bucket and prefix run each other’s jobs. Unset: files under the data directory. Credentials come from where all AWS tools look: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, the shared credentials file, the role of the machine or container. They must allow to list the bucket and to get, put and delete its objects.',
  }),
  s3Endpoint: endpoint({
    env: 'PARLEY_S3_ENDPOINT',
    doc: 'Address of a store other than Amazon’s, as `https://storage.example.com`; the bucket is then named in the path.',
    example: 'https://storage.example.com',
  }),
  s3Region: text({
    env: 'PARLEY_S3_REGION',
    doc: 'AWS region of the bucket; most other stores take any.',
    default: 'us-east-1',
  }),
  s3Prefix: prefix({
    env: 'PARLEY_S3_PREFIX',
    doc: 'What the names of all objects begin with, as `parley/eu`, for a bucket that has other uses. One installation per bucket and prefix.',
  }),
};
