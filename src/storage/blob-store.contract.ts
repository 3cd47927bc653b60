import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { BlobNotFound, type BlobStore } from './blob-store.ts';

const KEY = 'eu1/jobs/a1b2c3d4e5/audio';
const BAD_KEYS = [
  '',
  '/etc/passwd',
  '../a',
  'a/../b',
  'a/./b',
  'a//b',
  'a/',
  'a\\b',
  'a b',
  'a\0',
  'é',
  '.tmp/a',
  '..',
];

const bytes = (text: string) => new TextEncoder().encode(text);
const isNotFound = (error: unknown) => error instanceof BlobNotFound;

async function textOf(store: BlobStore, key: string): Promise<string> {
  return (await buffer(await store.get(key))).toString();
}

async function keysOf(store: BlobStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list(prefix)) keys.push(key);
  return keys.sort();
}

async function* failingHalfway(error: Error): AsyncGenerator<Uint8Array> {
  yield bytes('first half');
  throw error;
}

/** A source that gives one chunk and then neither more nor an end. */
function stallingSource(): Readable {
  const source = new Readable({ read: () => undefined });
  source.push(bytes('first half'));
  return source;
}

/** The promise's rejection. Fails when it resolves or does nothing for two seconds. */
async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  const settled = promise.then(
    () => assert.fail('It should have rejected'),
    (error: unknown) => error,
  );
  const timer = new AbortController();
  const timeout = sleep(2000, undefined, { signal: timer.signal }).then(() =>
    assert.fail('It did not settle'),
  );
  timeout.catch(() => undefined);
  return Promise.race([settled, timeout]).finally(() => timer.abort());
}

/** What every store must do, by name. Each check expects an empty store and rejects when it does not hold. */
export const BLOB_STORE_CHECKS: Readonly<Record<string, (store: BlobStore) => Promise<void>>> = {
  'gives back what was put, whole or in chunks': async (store) => {
    const chunks = [bytes('one '), bytes(''), bytes('two')];
    assert.deepEqual(await store.put(KEY, Readable.from(chunks)), { sizeBytes: 7 });
    assert.equal(await textOf(store, KEY), 'one two');
    assert.deepEqual(await store.put('eu1/x', bytes('whole')), { sizeBytes: 5 });
    assert.equal(await textOf(store, 'eu1/x'), 'whole');
  },

  'keeps an empty blob': async (store) => {
    assert.deepEqual(await store.put(KEY, new Uint8Array()), { sizeBytes: 0 });
    assert.equal(await textOf(store, KEY), '');
  },

  'replaces a blob': async (store) => {
    await store.put(KEY, bytes('the earlier, longer one'));
    await store.put(KEY, bytes('later'));
    assert.equal(await textOf(store, KEY), 'later');
  },

  'throws BlobNotFound for what is not there': async (store) => {
    await store.put(KEY, bytes('x'));
    for (const key of ['eu1/none', 'eu1/jobs', `${KEY}/below`]) {
      await assert.rejects(textOf(store, key), isNotFound, key);
      await assert.rejects(store.localPath(key), isNotFound, key);
    }
  },

  'leaves nothing behind when the content fails': async (store) => {
    const error = new Error('connection lost');
    assert.equal(await rejectionOf(store.put(KEY, failingHalfway(error))), error);
    await assert.rejects(textOf(store, KEY), isNotFound);
    assert.deepEqual(await keysOf(store, 'eu1'), []);
  },

  'keeps the earlier blob when its replacement fails': async (store) => {
    await store.put(KEY, bytes('earlier'));
    await rejectionOf(store.put(KEY, failingHalfway(new Error('connection lost'))));
    assert.equal(await textOf(store, KEY), 'earlier');
  },

  'gives up a stalled source when the signal aborts': async (store) => {
    const abort = new AbortController();
    const source = stallingSource();
    const put = store.put(KEY, source, abort.signal);
    await sleep(20);
    const reason = new Error('shutting down');
    abort.abort(reason);
    try {
      assert.equal(await rejectionOf(put), reason);
      assert.equal(source.destroyed, true);
    } finally {
      source.destroy();
    }
    assert.deepEqual(await keysOf(store, 'eu1'), []);
  },

  'gives back a part': async (store) => {
    await store.put(KEY, bytes('0123456789'));
    const part = async (start: number, end: number) =>
      (await buffer(await store.get(KEY, { range: { start, end } }))).toString();
    assert.deepEqual([await part(0, 0), await part(2, 5), await part(9, 9)], ['0', '2345', '9']);
  },

  'does nothing once the signal has aborted': async (store) => {
    await store.put(KEY, bytes('earlier'));
    const signal = AbortSignal.abort(new Error('too late'));
    for (const attempt of [
      () => store.put(KEY, bytes('later'), signal),
      () => store.get(KEY, { signal }),
      () => store.localPath(KEY, signal),
    ]) {
      assert.equal(await rejectionOf(attempt()), signal.reason);
    }
    assert.equal(await textOf(store, KEY), 'earlier');
  },

  'refuses content that is not bytes': async (store) => {
    const text = Readable.from(['text']) as AsyncIterable<Uint8Array>;
    assert.ok((await rejectionOf(store.put(KEY, text))) instanceof TypeError);
    await assert.rejects(textOf(store, KEY), isNotFound);
  },

  'lends a local file': async (store) => {
    await store.put(KEY, bytes('for the decoder'));
    const local = await store.localPath(KEY);
    assert.equal(await readFile(local.path, 'utf8'), 'for the decoder');
    await local.release();
    assert.equal(await textOf(store, KEY), 'for the decoder');
  },

  'lists what a prefix covers, by whole segments': async (store) => {
    const covered = ['eu1/jobs/a1', 'eu1/jobs/b2/audio', 'eu1/jobs/b2/deep/manifest.json'];
    for (const key of [...covered, 'eu1/jobs2/c3/audio', 'us1/jobs/d4/audio'])
      await store.put(key, bytes('x'));
    assert.deepEqual(await keysOf(store, 'eu1/jobs'), covered);
    assert.deepEqual(await keysOf(store, 'eu1/jobs/a1'), ['eu1/jobs/a1']);
    assert.deepEqual(await keysOf(store, 'eu1/none'), []);
    assert.deepEqual(await keysOf(store, 'eu1/jobs/a1/below'), []);
  },

  'deletes what a prefix covers, by whole segments': async (store) => {
    for (const key of ['eu1/a1/audio', 'eu1/a1/deep/x', 'eu1/a1b/audio', 'eu1/b'])
      await store.put(key, bytes('x'));
    await store.delete('eu1/a1');
    assert.deepEqual(await keysOf(store, 'eu1'), ['eu1/a1b/audio', 'eu1/b']);
    await assert.rejects(textOf(store, 'eu1/a1/audio'), isNotFound);
    await store.delete('eu1/b');
    assert.deepEqual(await keysOf(store, 'eu1'), ['eu1/a1b/audio']);
  },

  'deletes again, and what never was, without error': async (store) => {
    await store.put(KEY, bytes('x'));
    for (const prefix of [KEY, KEY, `${KEY}/below`, 'eu1/none']) await store.delete(prefix);
    await store.put(KEY, bytes('again'));
    assert.equal(await textOf(store, KEY), 'again');
  },

  'refuses malformed keys': async (store) => {
    for (const key of [...BAD_KEYS, 'k'.repeat(201), 'k/'.repeat(300).concat('k')]) {
      const attempts = {
        put: () => store.put(key, bytes('x')),
        get: () => store.get(key),
        localPath: () => store.localPath(key),
        delete: () => store.delete(key),
        list: () => keysOf(store, key),
      };
      for (const [verb, attempt] of Object.entries(attempts)) {
        await assert.rejects(async () => attempt(), TypeError, `${verb} ${JSON.stringify(key)}`);
      }
    }
  },

  'survives many writers at once': async (store) => {
    const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(5000));
    const sameKey = texts.map((text) => store.put(KEY, Readable.from([bytes(text)])));
    const ownKeys = texts.map((text, index) => store.put(`eu1/many/${index}/audio`, bytes(text)));
    await Promise.all([...sameKey, ...ownKeys]);
    assert.ok(texts.includes(await textOf(store, KEY)));
    for (const [index, text] of texts.entries())
      assert.equal(await textOf(store, `eu1/many/${index}/audio`), text);
  },
};

/** Registers one test for each check. `open` gives an empty store each time; `close` disposes of it. */
export function describeBlobStore(
  name: string,
  open: () => Promise<{ store: BlobStore; close(): Promise<void> }>,
): void {
  describe(`${name} is a blob store that`, () => {
    for (const [title, check] of Object.entries(BLOB_STORE_CHECKS)) {
      it(title, async () => {
        const { store, close } = await open();
        await check(store).finally(close);
      });
    }
  });
}
