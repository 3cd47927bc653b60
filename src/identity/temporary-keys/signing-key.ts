import type { JsonWebKey } from 'node:crypto';
import { sleep } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import type { Sql } from '../../db/database.ts';
import type { Change } from '../audit/change.ts';
import { type Actor, SYSTEM } from '../audit/event.ts';
import type { Node } from '../nodes/node.ts';
import type { Pepper } from '../secrets/pepper.ts';
import {
  deleteSigningKey,
  generateSigningKey,
  type HeldKey,
  insertSigningKey,
  type SigningKey,
  selectSigningKeys,
  type VerificationKey,
} from './signing-key-rows.ts';
import type { Algorithm } from './token.ts';

export type { SigningKey, VerificationKey };

/** By the token's first segment, byte for byte: a header we did not write names no key. */
export type FindKey = (header: string) => VerificationKey | undefined;

/** The keys that sign temporary keys. Rotation adds a key; the one before keeps verifying until its last token is over. */
export interface SigningKeys {
  current(): SigningKey;
  /** Among the keys held, while the node is current. */
  readonly find: FindKey;
  /** Among the keys held, however old the news. */
  readonly findHeld: FindKey;
  /** Reads the table, for a header no key is known for: another node may just have made the key. */
  refresh(): Promise<FindKey>;
  /** Those of the ids whose key is gone; one that was merely retired is not. */
  revokedAmong(kids: readonly string[]): Promise<Set<string>>;
  rotate(actor: Actor): Promise<string>;
  /** For a key that was stolen: its tokens are over, and a new key signs if it was the current one. Throws `not_found`. */
  revoke(actor: Actor, kid: string): Promise<{ version: number }>;
  /** Public keys as a JWK set (RFC 7517). */
  jwks(): { keys: readonly JsonWebKey[] };
}

export interface SigningKeyOptions {
  readonly algorithm: Algorithm;
  /** How long a token of a retired key may still be alive. */
  readonly maxTtlSeconds: number;
  /** Regions the keys are sent to. */
  readonly regions: readonly string[];
  /** Whether the first key is made here when there is none, as in the control plane. */
  readonly makesFirst: boolean;
}

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly change: Change;
  readonly node: Node;
  readonly clock: Clock;
  readonly options: SigningKeyOptions;
}

/** Everybody who asks meanwhile shares one read, so a flood of unknown tokens costs the database 40 reads a second. */
const REFRESH_PAUSE_MS = 25;

/** Loads the keys. */
export async function createSigningKeys({
  sql,
  pepper,
  change,
  node,
  clock,
  options,
}: Deps): Promise<SigningKeys> {
  let held = new Map<string, HeldKey>();
  let newest: SigningKey | undefined;
  let jwks: { keys: JsonWebKey[] } = { keys: [] };
  let refreshing: Promise<FindKey> | undefined;
  let generation = 0;

  async function load(): Promise<FindKey> {
    const started = generation;
    const keys = await selectSigningKeys(sql, pepper, clock.now() - options.maxTtlSeconds * 1_000);
    const loaded = new Map(keys.map((key) => [key.header, key]));
    if (generation === started) {
      held = loaded;
      newest = keys.filter(canSign).find(({ retired }) => !retired);
      jwks = { keys: keys.map((key) => publicJwk(key)) };
    }
    return (header) => loaded.get(header);
  }

  /** What is held is forgotten at once and read again; until then each token asks for itself. */
  function forget(): void {
    generation += 1;
    held = new Map();
    void load().catch(() => {});
  }
  node.listen({
    onChange({ table }) {
      if (table === 'signing_keys') forget();
    },
    onReset: forget,
  });

  async function rotate(actor: Actor): Promise<string> {
    const pair = await generateSigningKey(options.algorithm);
    const key = { ...pair, ...options, now: new Date(clock.now()) };
    const { value: kid } = await change(actor, async (tx, record) => {
      const inserted = await insertSigningKey(tx, pepper, key);
      await record({ action: 'signing_key.rotated', target: inserted });
      return inserted;
    });
    await load();
    return kid;
  }

  async function revoke(actor: Actor, kid: string): Promise<{ version: number }> {
    const { value, version } = await change(actor, async (tx, record) => {
      const removed = await deleteSigningKey(tx, kid);
      await record({ action: 'signing_key.revoked', target: kid });
      return removed;
    });
    if (value.wasCurrent) await rotate(actor);
    return { version };
  }

  await load();
  if (!newest && options.makesFirst) await rotate(SYSTEM);

  return {
    current() {
      if (!newest) throw new Error('no signing key is loaded');
      return newest;
    },
    find: (header) => (node.isCurrent() ? held.get(header) : undefined),
    findHeld: (header) => held.get(header),
    async revokedAmong(kids) {
      const there = await sql.selectFrom('signing_keys').select('kid').where('kid', 'in', kids).execute();
      const standing = there.map(({ kid }) => kid);
      return new Set(kids.filter((kid) => !standing.includes(kid)));
    },
    refresh() {
      // Whoever asks once the read has begun waits for the next one: this one may be older than their token.
      refreshing ??= sleep(REFRESH_PAUSE_MS).then(() => {
        refreshing = undefined;
        return load();
      });
      return refreshing;
    },
    rotate,
    revoke,
    jwks: () => jwks,
  };
}

const canSign = <K extends HeldKey>(key: K): key is K & SigningKey => key.privateKey !== undefined;

function publicJwk({ kid, algorithm, publicKey }: VerificationKey): JsonWebKey {
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' };
}
