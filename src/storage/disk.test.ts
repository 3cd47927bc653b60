import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { describeBlobStore } from './blob-store.contract.ts';
import { createDiskStore } from './disk.ts';

const roots: string[] = [];

async function openStore() {
  const parent = await mkdtemp(join(tmpdir(), 'parley-blobs-'));
  roots.push(parent);
  const root = join(parent, 'data', 'blobs');
  const store = createDiskStore({ root });
  await store.start({ isAlone: true });
  return { root, store, close: () => rm(parent, { recursive: true }) };
}

afterEach(async () => {
  for (const root of roots.splice(0)) await rm(root, { recursive: true, force: true });
});

describeBlobStore('the disk store', openStore);

describe('createDiskStore', () => {
  it('keeps files and directories private to the user', async () => {
    const { root, store } = await openStore();
    await store.put('eu1/jobs/a1/audio', Buffer.from('x'));
    const modeOf = async (path: string) => (await stat(join(root, path))).mode & 0o777;
    expect(await modeOf('eu1/jobs/a1/audio')).toBe(0o600);
    for (const path of ['', '.tmp', 'eu1', 'eu1/jobs', 'eu1/jobs/a1']) expect(await modeOf(path)).toBe(0o700);
  });

  it('lends the stored file itself', async () => {
    const { root, store } = await openStore();
    await store.put('eu1/a', Buffer.from('x'));
    expect((await store.localPath('eu1/a')).path).toBe(join(root, 'eu1', 'a'));
  });

  it('leaves no temporary file, whatever the end', async () => {
    const { root, store } = await openStore();
    await store.put('eu1/a', Buffer.from('x'));
    await store.delete('eu1/a');
    const failing = async function* () {
      yield Buffer.from('half');
      throw new Error('connection lost');
    };
    await expect(store.put('eu1/b', failing())).rejects.toThrow('connection lost');
    await store.put('eu1/folder/c', Buffer.from('x'));
    await expect(store.put('eu1/folder', Buffer.from('a folder is there'))).rejects.toThrow();
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
    expect(await readdir(join(root, 'eu1'))).toEqual(['folder']);
  });

  it('does not call a blob deleted that it could not delete', async () => {
    const { root, store } = await openStore();
    await store.put('eu1/a', Buffer.from('x'));
    await rm(join(root, '.tmp'), { recursive: true });
    await expect(store.delete('eu1/a')).rejects.toThrow('ENOENT');
  });

  it('start removes leftovers and keeps blobs', async () => {
    const { root, store } = await openStore();
    await store.put('eu1/a', Buffer.from('kept'));
    await writeFile(join(root, '.tmp', 'leftover'), 'half an upload');
    await createDiskStore({ root }).start({ isAlone: true });
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
    expect(await readFile(join(root, 'eu1', 'a'), 'utf8')).toBe('kept');
  });

  it('writes each chunk before it asks for the next', async () => {
    const { root, store } = await openStore();
    const chunkBytes = 64 * 1024;
    let mostHeldBytes = 0;
    const source = async function* () {
      for (let index = 0; index < 256; index += 1) {
        const [temp] = await readdir(join(root, '.tmp'));
        const writtenBytes = (await stat(join(root, '.tmp', temp ?? 'none'))).size;
        mostHeldBytes = Math.max(mostHeldBytes, index * chunkBytes - writtenBytes);
        yield Buffer.alloc(chunkBytes);
      }
    };
    expect(await store.put('eu1/big', source())).toEqual({ sizeBytes: 256 * chunkBytes });
    expect(mostHeldBytes).toBeLessThanOrEqual(chunkBytes);
  });

  it('has one id for every process that uses the root', async () => {
    const { root: directory } = await openStore();
    const start = (name: string) =>
      createDiskStore({ root: join(directory, name) }).start({ isAlone: false });
    const ids = await Promise.all([start('blobs'), start('blobs'), start('blobs'), start('others')]);
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(ids[3]).not.toBe(ids[0]);
    expect(await start('blobs')).toBe(ids[0]);
  });

  it('tells by the code of the system why the disk takes nothing', async () => {
    const { store } = await openStore();
    expect(await store.faultCode()).toBeUndefined();
    const gone = await openStore();
    await rm(join(gone.root, '.tmp'), { recursive: true });
    expect(await gone.store.faultCode()).toBe('ENOENT');
    // Here what was tried cannot even be removed.
    const replaced = await openStore();
    await rm(join(replaced.root, '.tmp'), { recursive: true });
    await writeFile(join(replaced.root, '.tmp'), '');
    expect(await replaced.store.faultCode()).toBe('ENOTDIR');
  });
});
