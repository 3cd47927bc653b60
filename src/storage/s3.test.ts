import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../../test/helpers/free-port.ts';
import { temporaryDirectory } from '../../test/helpers/per-test.ts';
import { S3_CREDENTIALS, type S3Server, startS3Server } from '../../test/helpers/s3-server.ts';
import { startTcpProxy } from '../../test/helpers/tcp-proxy.ts';
import { describeBlobStore } from './blob-store.contract.ts';
import { BlobNotFound, isStorageAway } from './blob-store.ts';
import { createS3Store, type S3Store } from './s3.ts';
import type { Patience } from './s3-client.ts';
import { type S3Location, StorageTaken } from './s3-error.ts';

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.close());
beforeEach(() => {
  for (const [name, value] of Object.entries(S3_CREDENTIALS)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const log = pino({ level: 'silent' });
const MB = 1_000_000;
const QUICK = { connectMs: 500, silenceMs: 400 };

interface Opening {
  readonly location?: Partial<S3Location>;
  readonly directory?: string;
  readonly patience?: Patience;
}

function createStore({ location, directory = temporaryDirectory(), ...rest }: Opening = {}): S3Store {
  const { bucket, url: endpoint } = server;
  const whole = { bucket, endpoint, region: 'us-east-1', prefix: randomUUID(), ...location };
  const store = createS3Store({ location: whole, directory, log, ...rest });
  onTestFinished(() => store.close());
  return store;
}

async function openStore(opening?: Opening): Promise<S3Store> {
  const store = createStore(opening);
  await store.start({ isAlone: false });
  return store;
}

describeBlobStore('the S3 store', async () => ({ store: await openStore(), close: async () => {} }));

/** Bytes in chunks as they come from a network; what follows from `end` comes last. */
async function* bytesOf(sizeBytes: number, end?: () => Promise<void>): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.alloc(64_000);
  for (let start = 0; start < sizeBytes; start += chunk.length) {
    chunk.writeUInt32LE(start);
    yield Buffer.from(chunk.subarray(0, sizeBytes - start));
  }
  await end?.();
}

async function digestOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of content) hash.update(chunk);
  return hash.digest('hex');
}

describe('a large blob', () => {
  it('is put together from parts', async () => {
    const store = await openStore();
    for (const sizeBytes of [25 * MB, 2 * 10 * 1024 * 1024]) {
      expect(await store.put('eu1/a', bytesOf(sizeBytes))).toEqual({ sizeBytes });
      expect(await digestOf(await store.get('eu1/a'))).toBe(await digestOf(bytesOf(sizeBytes)));
    }
    expect(await server.unfinishedUploads()).toBe(0);
  });

  it('leaves no parts when its source fails', async () => {
    const store = await openStore();
    const failing = bytesOf(25 * MB, () => Promise.reject(new Error('connection lost')));
    await expect(store.put('eu1/a', failing)).rejects.toThrow('connection lost');
    await expect(store.get('eu1/a')).rejects.toThrow(BlobNotFound);
    expect(await server.unfinishedUploads()).toBe(0);
  });

  it('leaves no parts when it is aborted, and keeps what was there', async () => {
    const store = await openStore();
    await store.put('eu1/a', Buffer.from('earlier'));
    const abort = new AbortController();
    const reason = new Error('shutting down');
    const stalled = bytesOf(25 * MB, async () => {
      expect(await server.unfinishedUploads()).toBe(1);
      abort.abort(reason);
      await sleep(60_000, undefined, { ref: false });
    });
    await expect(store.put('eu1/a', stalled, abort.signal)).rejects.toBe(reason);
    expect(await server.unfinishedUploads()).toBe(0);
    expect(String(await buffer(await store.get('eu1/a')))).toBe('earlier');
  });

  it('is refused at once when the signal aborts while a part is sent', async () => {
    const proxy = await startTcpProxy(server.url);
    onTestFinished(() => proxy.close());
    const patience = { connectMs: 500, silenceMs: 30_000 };
    const store = await openStore({ location: { endpoint: proxy.url }, patience });
    const abort = new AbortController();
    const reason = new Error('shutting down');
    const put = store.put('eu1/a', bytesOf(25 * MB), abort.signal);
    await expect.poll(() => proxy.freeze('x-id=UploadPart'), { interval: 1 }).toBeGreaterThan(0);
    const startMs = performance.now();
    abort.abort(reason);
    await expect(put).rejects.toBe(reason);
    expect(performance.now() - startMs).toBeLessThan(SOON_MS);
    expect(await server.unfinishedUploads()).toBe(0);
  });

  it('may be read slowly', async () => {
    await (await openStore({ location: { prefix: 'slow' } })).put('eu1/a', bytesOf(25 * MB));
    const store = await openStore({ location: { prefix: 'slow' }, patience: QUICK });
    const content = await store.get('eu1/a');
    content.read();
    await sleep(3 * QUICK.silenceMs);
    expect(await digestOf(content)).toBe(await digestOf(bytesOf(25 * MB)));
  });
});

it('lets go of the connection of a blob that may be left unread', async () => {
  const store = await openStore();
  await store.put('eu1/a', bytesOf(MB));
  const moreThanThereAre = 250;
  for (let index = 0; index < moreThanThereAre; index += 1) (await store.get('eu1/a')).destroy();
});

it('is asked seldom whether it is ready, however often that is wanted', async () => {
  const proxy = await startTcpProxy(server.url);
  onTestFinished(() => proxy.close());
  const store = createStore({ location: { endpoint: proxy.url } });
  for (let index = 0; index < 20; index += 1) expect(await store.isReady()).toBe(true);
  expect(proxy.beginnings().join('').match(/^HEAD/gm)).toHaveLength(1);
});

describe('a lent file', () => {
  it('is private, and gone when it is released', async () => {
    const directory = temporaryDirectory();
    const store = await openStore({ directory });
    await store.put('eu1/a', Buffer.from('x'));
    const local = await store.localPath('eu1/a');
    expect((await stat(local.path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toHaveLength(1);
    await local.release();
    expect(await readdir(directory)).toEqual([]);
  });

  it('is not waited for once the signal aborts, and leaves nothing', async () => {
    const proxy = await startTcpProxy(server.url);
    onTestFinished(() => proxy.close());
    const directory = temporaryDirectory();
    const patience = { connectMs: 500, silenceMs: 30_000 };
    const store = await openStore({ location: { endpoint: proxy.url }, directory, patience });
    await store.put('eu1/a', bytesOf(25 * MB));
    const abort = new AbortController();
    const lent = store.localPath('eu1/a', abort.signal);
    await expect.poll(() => readdir(directory), { interval: 1 }).toHaveLength(1);
    expect(proxy.freeze('/eu1/a?x-id=GetObject')).toBe(1);
    const startMs = performance.now();
    const reason = new Error('shutting down');
    abort.abort(reason);
    await expect(lent).rejects.toBe(reason);
    expect(performance.now() - startMs).toBeLessThan(SOON_MS);
    expect(await readdir(directory)).toEqual([]);
  });

  it('of a process that died is removed by the next, and only when nobody can be reading it', async () => {
    const directory = temporaryDirectory();
    const store = await openStore({ directory });
    const path = join(directory, 'a.lent');
    await writeFile(path, 'of another process');
    await store.start({ isAlone: false });
    expect(await readdir(directory)).toEqual(['a.lent']);
    await utimes(path, 0, Date.now() / 1000 - 8 * 86_400);
    await store.start({ isAlone: false });
    expect(await readdir(directory)).toEqual([]);
    await writeFile(path, 'of an earlier process');
    const alone = createStore({ directory });
    await alone.start({ isAlone: true });
    expect(await readdir(directory)).toEqual(['store-id']);
  });
});

describe('the id of the store', () => {
  it('is the same for everybody who uses the bucket and prefix, under whatever address', async () => {
    const prefix = randomUUID();
    const idOf = (location: Partial<S3Location>) => createStore({ location }).start({ isAlone: false });
    const ids = await Promise.all([idOf({ prefix }), idOf({ prefix }), idOf({ prefix })]);
    const { port } = new URL(server.url);
    ids.push(await idOf({ prefix, endpoint: `http://localhost:${port}` }));
    expect(new Set(ids).size).toBe(1);
    expect(await idOf({})).not.toBe(ids[0]);
    expect(ids[0]).toMatch(/^store_[0-9a-f]{16}$/);
  });

  it('keeps two installations of one process each out of each other’s files', async () => {
    const [location, directory] = [{ prefix: randomUUID() }, temporaryDirectory()];
    const id = await createStore({ location, directory }).start({ isAlone: true });
    expect(await createStore({ location, directory }).start({ isAlone: true })).toBe(id);
    await expect(createStore({ location }).start({ isAlone: true })).rejects.toThrow(StorageTaken);
    expect(await createStore({ location }).start({ isAlone: false })).toBe(id);
  });
});

/** Far less than the half minute that three requests with the usual patience take. */
const SOON_MS = 15_000;

/** Whatever is asked of the store fails with this sentence, and soon. */
async function expectAway(store: S3Store, sentence: RegExp): Promise<void> {
  const attempts = {
    start: () => store.start({ isAlone: false }),
    put: () => store.put('eu1/a', Buffer.from('x')),
    putLarge: () => store.put('eu1/a', bytesOf(25 * MB)),
    get: () => store.get('eu1/a'),
    localPath: () => store.localPath('eu1/a'),
    list: () => store.list('eu1')[Symbol.asyncIterator]().next(),
    delete: () => store.delete('eu1/a'),
  };
  await Promise.all(
    Object.entries(attempts).map(async ([verb, attempt]) => {
      const startMs = performance.now();
      const error = await attempt().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(isStorageAway(error), verb).toBe(true);
      expect((error as Error).message, verb).toMatch(sentence);
      expect(performance.now() - startMs, verb).toBeLessThan(SOON_MS);
    }),
  );
  expect(await store.isReady()).toBe(false);
}

describe('a store that is away', () => {
  it('refuses: the sentence says what the credentials must allow', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'nobody');
    const sentence =
      /refuses .*: the credentials must allow to list it and to get, put and delete its objects$/;
    await expectAway(createStore(), sentence);
  });

  it('has no such bucket: the sentence names the option', async () => {
    const store = createStore({ location: { bucket: 'nowhere' } });
    await expectAway(store, /is not there: make it, or correct PARLEY_S3_BUCKET$/);
  });

  it('cannot be reached: the sentence names the address and the option', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const sentence = /127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\): check PARLEY_S3_ENDPOINT/;
    await expectAway(createStore({ location: { endpoint } }), sentence);
  });

  it('is silent: each request is given up in time', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await expectAway(createStore({ location: { endpoint }, patience: QUICK }), /does not answer in time/);
  });

  it('falls silent in the middle of a blob: the reader is told', async () => {
    const proxy = await startTcpProxy(server.url);
    onTestFinished(() => proxy.close());
    await (await openStore({ location: { prefix: 'silent' } })).put('eu1/a', bytesOf(25 * MB));
    const store = await openStore({
      location: { endpoint: proxy.url, prefix: 'silent' },
      patience: QUICK,
    });
    const content: Readable = await store.get('eu1/a');
    proxy.freeze('x-id=GetObject');
    const startMs = performance.now();
    await expect(digestOf(content)).rejects.toSatisfy(isStorageAway);
    expect(performance.now() - startMs).toBeLessThan(SOON_MS);
  });

  it('is back: so is what was stored', async () => {
    const proxy = await startTcpProxy(server.url);
    onTestFinished(() => proxy.close());
    const store = await openStore({ location: { endpoint: proxy.url } });
    await store.put('eu1/a', Buffer.from('x'));
    expect(await store.isReady()).toBe(true);
    proxy.cut();
    await expect(store.get('eu1/a')).rejects.toSatisfy(isStorageAway);
    await expect.poll(() => store.isReady(), { timeout: 10_000 }).toBe(false);
    proxy.restore();
    await expect.poll(() => store.isReady(), { timeout: 10_000 }).toBe(true);
    expect(String(await buffer(await store.get('eu1/a')))).toBe('x');
  });
});
