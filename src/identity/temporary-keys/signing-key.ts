import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { sleep } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import type { Database, Sql } from '../../db/database.ts';
import { REGIONS } from '../../regions/topology.ts';
import type { Change } from '../audit/change.ts';
import { type Actor, SYSTEM } from '../audit/event.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { type Algorithm, encodeHeader } from './token.ts';

export interface VerificationKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly publicKey: KeyObject;
}

export interface SigningKey extends VerificationKey {
  /** First segment of every token this key signs. */
  readonly header: string;
  readonly privateKey: KeyObject;
}

/** The keys that sign temporary keys. Rotation adds a key; the one before keeps verifying until its last token is over. */
export interface SigningKeys {
  current(): SigningKey;
  /** By the token's first segment, byte for byte: a header we did not write names no key. */
  find(header: string): VerificationKey | undefined;
  /** Reads the table again, for a header no key is known for: another node may just have made the key. */
  refresh(): Promise<void>;
  rotate(actor: Actor): Promise<string>;
  /** Public keys as a JWK set (RFC 7517). */
  jwks(): { keys: readonly JsonWebKey[] };
}

export interface SigningKeyOptions {
  readonly algorithm: Algorithm;
  /** How long a token of a retired key may still be alive. */
  readonly maxTtlSeconds: number;
}

interface Deps {
  readonly database: Database;
  readonly pepper: Pepper;
  readonly change: Change;
  readonly clock: Clock;
  readonly options: SigningKeyOptions;
}

/** Everybody who asks meanwhile shares one read, so a flood of unknown tokens costs the database 40 reads a second. */
const REFRESH_PAUSE_MS = 25;

/** Loads the keys, making the first one if there is none. */
export async function createSigningKeys({
  database,
  pepper,
  change,
  clock,
  options,
}: Deps): Promise<SigningKeys> {
  const { sql } = database;
  let byHeader = new Map<string, SigningKey>();
  let newest: SigningKey | undefined;
  let jwks: { keys: JsonWebKey[] } = { keys: [] };
  let refreshing: Promise<void> | undefined;

  async function load(): Promise<void> {
    const keys = await selectKeys(sql, pepper, clock.now() - options.maxTtlSeconds * 1_000);
    byHeader = new Map(keys.map((key) => [key.header, key]));
    newest = keys.find(({ retired }) => !retired);
    jwks = { keys: keys.map((key) => publicJwk(key)) };
  }

  async function rotate(actor: Actor): Promise<string> {
    const made = await generate(options.algorithm);
    const { value: kid } = await change(actor, async (tx, record) => {
      const inserted = await insertKey(tx, pepper, {
        ...made,
        algorithm: options.algorithm,
        now: clock.now(),
      });
      await record({ action: 'signing_key.rotated', target: inserted });
      return inserted;
    });
    await load();
    return kid;
  }

  await load();
  if (!newest) await rotate(SYSTEM);
  // When this fails, a token with a header not known yet makes `refresh` try again.
  const reload = () => void load().catch(() => {});
  await database.listen({
    channel: 'identity_changed',
    onMessage: (payload) => {
      if (payload.startsWith('signing_keys:')) reload();
    },
    onFeed: (isLive) => {
      if (isLive) reload();
    },
  });

  return {
    current() {
      if (!newest) throw new Error('no signing key is loaded');
      return newest;
    },
    find: (header) => byHeader.get(header),
    refresh() {
      refreshing ??= sleep(REFRESH_PAUSE_MS)
        .then(load)
        .finally(() => {
          refreshing = undefined;
        });
      return refreshing;
    },
    rotate,
    jwks: () => jwks,
  };
}

async function selectKeys(sql: Sql, pepper: Pepper, retiredSinceMs: number) {
  const rows = await sql
    .selectFrom('signing_keys as k')
    .innerJoin('signing_key_secrets as s', 's.kid', 'k.kid')
    .where((eb) => eb.or([eb('retired_at', 'is', null), eb('retired_at', '>', new Date(retiredSinceMs))]))
    .select(['k.kid', 'k.algorithm', 'k.retired_at', 's.sealed_private_key'])
    .orderBy('k.created_at', 'desc')
    .orderBy('k.kid')
    .execute();
  return rows.map((row) => {
    const privateKey = createPrivateKey({
      key: pepper.unseal(row.sealed_private_key),
      format: 'der',
      type: 'pkcs8',
    });
    return {
      kid: row.kid,
      algorithm: row.algorithm,
      header: encodeHeader(row.algorithm, row.kid),
      privateKey,
      publicKey: createPublicKey(privateKey),
      retired: row.retired_at !== null,
    };
  });
}

/** Adds a key and retires the ones before it. */
async function insertKey(
  tx: Sql,
  pepper: Pepper,
  { algorithm, privateKey, publicKey, now }: KeyPair & { algorithm: Algorithm; now: number },
): Promise<string> {
  const kid = newId('sk');
  const retired = { retired_at: new Date(now) };
  await tx.updateTable('signing_keys').set(retired).where('retired_at', 'is', null).execute();
  await tx
    .insertInto('signing_keys')
    .values({
      kid,
      algorithm,
      public_jwk: JSON.stringify(publicKey.export({ format: 'jwk' })),
      regions: [...REGIONS],
      retired_at: null,
    })
    .execute();
  const sealed = pepper.seal(privateKey.export({ format: 'der', type: 'pkcs8' }));
  await tx.insertInto('signing_key_secrets').values({ kid, sealed_private_key: sealed }).execute();
  return kid;
}

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

function generate(algorithm: Algorithm): Promise<KeyPair> {
  const make = promisify(generateKeyPair);
  if (algorithm === 'ES256') return make('ec', { namedCurve: 'P-256' });
  return make('rsa', { modulusLength: 2048 });
}

function publicJwk({ kid, algorithm, publicKey }: VerificationKey): JsonWebKey {
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' };
}
