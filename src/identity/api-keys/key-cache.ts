import { LRUCache } from 'lru-cache';
import type { Sql } from '../../db/database.ts';
import { isDatabaseAway } from '../../db/server.ts';
import type { IdentityChange, Node } from '../nodes/node.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { type KeyRecord, selectKey } from './key-record.ts';

export type { KeyRecord };

/**
 * Key records in memory, read through from the database. They are used only while the node is current; a change of a
 * row drops what is held of it, and a read that was under way at that moment is used by its caller but not kept, so
 * it cannot put an old record back.
 */
export interface KeyCache {
  /** The record of a secret, named by its SHA-256; `undefined` for one nobody knows. */
  bySecret(sha256: string): KeyRecord | undefined | Promise<KeyRecord | undefined>;
  byId(keyId: string): KeyRecord | undefined | Promise<KeyRecord | undefined>;
  figures(): KeyCacheFigures;
}

export interface KeyCacheFigures {
  /** Records held. */
  readonly size: number;
  /** Look-ups answered from memory since the start. */
  readonly hits: number;
  /** Look-ups that asked the database. */
  readonly misses: number;
}

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly node: Node;
  readonly maxKeys: number;
}

/** Secrets nobody knows, remembered so that one that is tried again and again costs one look-up. */
const MAX_UNKNOWN = 10_000;
/** Look-ups of keys not in memory that run at once: a flood of them leaves the database to others. */
const MAX_LOOKUPS = 8;

export function createKeyCache({ sql, pepper, node, maxKeys }: Deps): KeyCache {
  const records = new LRUCache<string, KeyRecord>({ max: maxKeys });
  const idOfSecret = new LRUCache<string, string>({ max: maxKeys });
  const unknown = new LRUCache<string, true>({ max: MAX_UNKNOWN });
  const lane = createLane(MAX_LOOKUPS);
  let generation = 0;
  let hits = 0;
  let misses = 0;

  function forget({ table, id }: IdentityChange): void {
    generation += 1;
    if (table === 'api_keys') {
      records.delete(id);
      unknown.clear();
    } else if (table !== 'signing_keys' && table !== 'admin_tokens') records.clear();
  }
  node.listen({
    onChange: forget,
    onReset() {
      generation += 1;
      records.clear();
      unknown.clear();
    },
  });

  const recordOf = (secret: Secret): KeyRecord | undefined => {
    const keyId = 'keyId' in secret ? secret.keyId : idOfSecret.get(secret.sha256);
    return keyId === undefined ? undefined : records.get(keyId);
  };

  const fromMemory = (secret: Secret): KeyRecord | undefined =>
    node.isCurrent() ? recordOf(secret) : undefined;

  /** Reads a record; it is kept when nothing has changed meanwhile and the node hears of changes. */
  async function read(secret: Secret): Promise<KeyRecord | undefined> {
    // Others who waited in the lane may have read it; nobody joins a read that started before them, because the
    // key may have been revoked in between.
    const held = fromMemory(secret);
    if (held) return held;
    const started = generation;
    const record =
      'keyId' in secret
        ? await selectKey(sql, 'api_key_id', [secret.keyId])
        : await selectKey(sql, 'digest', pepper.digests(secret.sha256));
    if (!node.isCurrent() || generation !== started) return record;
    if (record) records.set(record.keyId, record);
    if ('sha256' in secret) {
      if (record) idOfSecret.set(secret.sha256, record.keyId);
      else unknown.set(secret.sha256, true);
    }
    return record;
  }

  /** When the database is away, what is held serves as long as the policy of the key allows it. */
  function lookUp(secret: Secret): Promise<KeyRecord | undefined> {
    return lane(() => read(secret)).catch((error: unknown) => {
      const held = recordOf(secret);
      if (isDatabaseAway(error) && held && mayServe(held)) return held;
      throw error;
    });
  }

  const mayServe = ({ keepServingHours }: KeyRecord): boolean =>
    Date.now() - node.lastCurrentMs() < keepServingHours * 3_600_000;

  const isOfNobody = (secret: Secret): boolean =>
    'sha256' in secret && node.isCurrent() && unknown.has(secret.sha256);

  function find(secret: Secret): KeyRecord | undefined | Promise<KeyRecord | undefined> {
    const held = fromMemory(secret);
    if (held || isOfNobody(secret)) {
      hits += 1;
      return held;
    }
    misses += 1;
    return lookUp(secret);
  }

  return {
    bySecret: (sha256) => find({ sha256 }),
    byId: (keyId) => find({ keyId }),
    figures: () => ({ size: records.size, hits, misses }),
  };
}

type Secret = { readonly sha256: string } | { readonly keyId: string };

/** Runs at most `width` tasks at once; further ones wait in the order they came. */
function createLane(width: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <T>(task: () => Promise<T>): Promise<T> => {
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
