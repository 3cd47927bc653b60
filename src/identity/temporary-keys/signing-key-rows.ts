import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { newId } from '../../base/ids.ts';
import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { type Algorithm, encodeHeader } from './token.ts';

const SEAL_PURPOSE = 'parley signing keys';

export interface VerificationKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly publicKey: KeyObject;
}

export interface HeldKey extends VerificationKey {
  /** First segment of every token this key signs. */
  readonly header: string;
  /** Not in the database of an environment, which only verifies. */
  readonly privateKey: KeyObject | undefined;
}

export interface SigningKey extends HeldKey {
  readonly privateKey: KeyObject;
}

/** Keys that sign or still verify, newest first; the private ones are unsealed. */
export async function selectSigningKeys(
  sql: Sql,
  pepper: Pepper,
  retiredSinceMs: number,
): Promise<(HeldKey & { retired: boolean })[]> {
  const rows = await sql
    .selectFrom('signing_keys as k')
    .leftJoin('signing_key_secrets as s', 's.kid', 'k.kid')
    .where((eb) => eb.or([eb('retired_at', 'is', null), eb('retired_at', '>', new Date(retiredSinceMs))]))
    .select(['k.kid', 'k.algorithm', 'k.public_jwk', 'k.retired_at', 's.sealed_private_key'])
    .orderBy('k.created_at', 'desc')
    .orderBy('k.kid')
    .execute();
  return rows.map((row) => ({
    kid: row.kid,
    algorithm: row.algorithm,
    header: encodeHeader(row.algorithm, row.kid),
    privateKey: row.sealed_private_key === null ? undefined : unsealed(pepper, row.sealed_private_key),
    publicKey: createPublicKey({ key: row.public_jwk, format: 'jwk' }),
    retired: row.retired_at !== null,
  }));
}

function unsealed(pepper: Pepper, sealed: Uint8Array): KeyObject {
  const key = pepper.sealer(SEAL_PURPOSE).unseal(sealed);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function generateSigningKey(algorithm: Algorithm): Promise<KeyPair> {
  const make = promisify(generateKeyPair);
  if (algorithm === 'ES256') return make('ec', { namedCurve: 'P-256' });
  return make('rsa', { modulusLength: 2048 });
}

interface NewSigningKey extends KeyPair {
  readonly algorithm: Algorithm;
  readonly regions: readonly string[];
  readonly now: Date;
}

/** Adds a key and retires the ones before it. */
export async function insertSigningKey(tx: Sql, pepper: Pepper, key: NewSigningKey): Promise<string> {
  const kid = newId('sk');
  await tx.updateTable('signing_keys').set({ retired_at: key.now }).where('retired_at', 'is', null).execute();
  await tx
    .insertInto('signing_keys')
    .values({
      kid,
      algorithm: key.algorithm,
      public_jwk: JSON.stringify(key.publicKey.export({ format: 'jwk' })),
      regions: [...key.regions],
      retired_at: null,
    })
    .execute();
  const sealed = pepper.sealer(SEAL_PURPOSE).seal(key.privateKey.export({ format: 'der', type: 'pkcs8' }));
  await tx.insertInto('signing_key_secrets').values({ kid, sealed_private_key: sealed }).execute();
  return kid;
}

/** Removes a key; every token it signed is refused from then on. Returns whether it was the one that signs. */
export async function deleteSigningKey(tx: Sql, kid: string): Promise<{ wasCurrent: boolean }> {
  await tx.deleteFrom('signing_key_secrets').where('kid', '=', kid).execute();
  const row = await tx
    .deleteFrom('signing_keys')
    .where('kid', '=', kid)
    .returning('retired_at')
    .executeTakeFirst();
  if (!row) throw new AppError('not_found', { detail: 'signing key not found' });
  return { wasCurrent: row.retired_at === null };
}
