import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Type } from 'typebox';
import { Check } from 'typebox/value';

/** GitHub's public keys by their identifier. */
export type GithubKeys = ReadonlyMap<string, KeyObject>;

const KeysFile = Type.Object({
  public_keys: Type.Array(Type.Object({ key_identifier: Type.String(), key: Type.String() })),
});

/**
 * Reads what `https://api.github.com/meta/public_keys/secret_scanning` answers. Keys that are no longer current stay:
 * GitHub rotates them, and who no longer trusts one takes it out. Throws an `Error` that says what is wrong.
 */
export async function readGithubKeys(file: string): Promise<GithubKeys> {
  const content: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (!Check(KeysFile, content)) throw new Error('must be GitHub’s answer: {"public_keys":[…]}');
  const keys = content.public_keys.map(({ key_identifier, key }) => {
    const publicKey = createPublicKey(key);
    if (publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      throw new Error(`the key ${key_identifier} is not on the curve P-256`);
    }
    return [key_identifier, publicKey] as const;
  });
  return new Map(keys);
}

/** A report and what came with it in the headers `Github-Public-Key-Identifier` and `Github-Public-Key-Signature`. */
interface SignedReport {
  readonly keyIdentifier: string | undefined;
  /** DER in base64. */
  readonly signature: string | undefined;
  /** The body as it was sent: GitHub signs its bytes, not its meaning. */
  readonly body: string;
}

export function isSignedByGithub(
  keys: GithubKeys,
  { keyIdentifier, signature, body }: SignedReport,
): boolean {
  const key = keyIdentifier === undefined ? undefined : keys.get(keyIdentifier);
  if (!key || signature === undefined) return false;
  return verify('sha256', Buffer.from(body), key, Buffer.from(signature, 'base64'));
}
