import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { BLOB_STORE_CHECKS } from './blob-store.contract.ts';
import type { BlobStore } from './blob-store.ts';
import { createDiskStore } from './disk.ts';

type Break = (store: BlobStore) => Partial<BlobStore>;

const collect = async (content: Parameters<BlobStore['put']>[1]): Promise<Buffer> =>
  content instanceof Uint8Array ? Buffer.from(content) : buffer(content);

/** Faults a store may have, each with the checks that must notice it. */
const FAULTS: Record<string, { breaks: Break; noticedBy: string[] }> = {
  'wrong size': {
    breaks: (store) => ({
      put: async (...args) => ({ sizeBytes: (await store.put(...args)).sizeBytes + 1 }),
    }),
    noticedBy: ['gives back what was put, whole or in chunks', 'keeps an empty blob'],
  },
  'first chunk only': {
    breaks: (store) => ({
      put: async (key, content, signal) => {
        if (content instanceof Uint8Array) return store.put(key, content, signal);
        for await (const chunk of content) return store.put(key, chunk, signal);
        return store.put(key, new Uint8Array(), signal);
      },
    }),
    noticedBy: ['gives back what was put, whole or in chunks'],
  },
  'never replaces': {
    breaks: (store) => ({
      put: async (key, content, signal) => {
        for await (const existing of store.list(key)) return { sizeBytes: existing.length };
        return store.put(key, content, signal);
      },
    }),
    noticedBy: ['replaces a blob'],
  },
  'appends instead of replacing': {
    breaks: (store) => ({
      put: async (key, content, signal) => {
        const earlier = await store.get(key).then(buffer, () => Buffer.alloc(0));
        return store.put(key, Buffer.concat([earlier, await collect(content)]), signal);
      },
    }),
    noticedBy: ['replaces a blob'],
  },
  'always whole': {
    breaks: (store) => ({ get: (key, { signal } = {}) => store.get(key, { signal }) }),
    noticedBy: ['gives back a part'],
  },
  'absent blobs are empty': {
    breaks: (store) => ({
      get: (key, options) => store.get(key, options).catch(() => Readable.from([])),
    }),
    noticedBy: ['throws BlobNotFound for what is not there'],
  },
  'keeps what came before the failure': {
    breaks: (store) => ({
      put: async (key, content, signal) => {
        const received: Uint8Array[] = [];
        try {
          if (content instanceof Uint8Array) received.push(content);
          else for await (const chunk of content) received.push(chunk);
        } finally {
          await store.put(key, Buffer.concat(received));
        }
        return store.put(key, Buffer.concat(received), signal);
      },
    }),
    noticedBy: [
      'leaves nothing behind when the content fails',
      'keeps the earlier blob when its replacement fails',
    ],
  },
  'deaf to signals': {
    breaks: (store) => ({
      put: (key, content) => store.put(key, content),
      get: (key, { range } = {}) => store.get(key, { range }),
      localPath: (key) => store.localPath(key),
    }),
    noticedBy: [
      'gives up a stalled source when the signal aborts',
      'does nothing once the signal has aborted',
    ],
  },
  'stores text': {
    breaks: (store) => ({
      put: async (key, content, signal) => {
        if (content instanceof Uint8Array) return store.put(key, content, signal);
        const asBytes = async function* () {
          for await (const chunk of content) yield Buffer.from(chunk);
        };
        return store.put(key, asBytes(), signal);
      },
    }),
    noticedBy: ['refuses content that is not bytes'],
  },
  'lends another file': {
    breaks: (store) => ({
      localPath: async (key, signal) => ({
        ...(await store.localPath(key, signal)),
        path: import.meta.filename,
      }),
    }),
    noticedBy: ['lends a local file'],
  },
  'release deletes the blob': {
    breaks: (store) => ({
      localPath: async (key, signal) => ({
        ...(await store.localPath(key, signal)),
        release: () => store.delete(key),
      }),
    }),
    noticedBy: ['lends a local file'],
  },
  'prefixes are bare text': {
    breaks: (store) => {
      const covered = async function* (prefix: string) {
        for await (const key of store.list(prefix.split('/')[0] ?? '')) if (key.startsWith(prefix)) yield key;
      };
      return {
        list: covered,
        delete: async (prefix) => {
          for await (const key of covered(prefix)) await store.delete(key);
        },
      };
    },
    noticedBy: [
      'lists what a prefix covers, by whole segments',
      'deletes what a prefix covers, by whole segments',
    ],
  },
  'deleting nothing fails': {
    breaks: (store) => ({
      delete: async (prefix) => {
        for await (const _ of store.list(prefix)) return store.delete(prefix);
        throw new Error('nothing to delete');
      },
    }),
    noticedBy: ['deletes again, and what never was, without error'],
  },
  'mends keys': {
    breaks: (store) => ({
      get: (key, options) => store.get(`eu1/${key.replace(/[^A-Za-z0-9]/g, '')}`, options),
    }),
    noticedBy: ['refuses malformed keys'],
  },
  'mixes up uploads under way': {
    breaks: (store) => {
      let newest: Promise<Buffer> | undefined;
      return {
        put: async (key, content, signal) => {
          newest = collect(content);
          await new Promise(setImmediate);
          return store.put(key, await newest, signal);
        },
      };
    },
    noticedBy: ['survives many writers at once'],
  },
};

const parents: string[] = [];

async function openStore(): Promise<BlobStore> {
  const parent = await mkdtemp(join(tmpdir(), 'parley-blobs-'));
  parents.push(parent);
  const store = createDiskStore({ root: parent });
  await store.start({ isAlone: true });
  return store;
}

afterEach(async () => {
  for (const parent of parents.splice(0)) await rm(parent, { recursive: true, force: true });
});

describe('the blob store contract', () => {
  for (const [fault, { breaks, noticedBy }] of Object.entries(FAULTS)) {
    it.each(noticedBy)(`notices a store with the fault "${fault}": %s`, async (title) => {
      const check = BLOB_STORE_CHECKS[title];
      expect(check).toBeDefined();
      const store = await openStore();
      await expect(check?.({ ...store, ...breaks(store) })).rejects.toThrow();
    });
  }

  it('has no check that every broken store passes', () => {
    const biting = Object.values(FAULTS).flatMap(({ noticedBy }) => noticedBy);
    expect(Object.keys(BLOB_STORE_CHECKS).filter((title) => !biting.includes(title))).toEqual([]);
  });
});
