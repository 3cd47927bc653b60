import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobStore } from '../storage/blob-store.ts';
import { createDiskStore } from '../storage/disk.ts';
import { readTextFile } from './text-file.ts';

const KEY = 'eu1/jobs/a1b2c3d4e5/text';

describe('readTextFile', () => {
  let root: string;
  let store: BlobStore;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'parley-text-'));
    const disk = createDiskStore({ root });
    await disk.start({ isAlone: true });
    store = disk;
  });
  afterAll(() => rm(root, { recursive: true }));

  async function read(bytes: Uint8Array | string) {
    await store.put(KEY, Buffer.from(bytes as string));
    return readTextFile(store, KEY);
  }

  it('finds the words, and keeps the text', async () => {
    const text = '<p>Où  est\0 la 🦔?</p>\n';
    expect(await read(text)).toEqual({ text, words: ['Où', 'est\0', 'la', '🦔?'] });
  });

  it('leaves out a byte order mark', async () => {
    expect(await read('\ufeffHe')).toEqual({ text: 'He', words: ['He'] });
  });

  it('takes 200,000 words', async () => {
    expect((await read('a '.repeat(200_000))).words).toHaveLength(200_000);
  });

  it.each([
    ['nothing', '', 'no words'],
    ['only markup and white space', '<a>\n<!-- b -->', 'no words'],
    ['Latin-1', Uint8Array.of(0x65, 0xe9), 'not UTF-8'],
    ['half of a surrogate pair', Uint8Array.of(0xed, 0xa0, 0x80), 'not UTF-8'],
    ['a letter cut in half', Uint8Array.of(0x65, 0xc3), 'not UTF-8'],
    ['a word too many', 'a '.repeat(200_001), 'more than 200000 words'],
  ])('refuses %s', async (_, bytes, detail) => {
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'invalid_text',
      detail: expect.stringContaining(detail),
    });
  });

  it('says of a text that is gone that it cannot be aligned', async () => {
    await expect(readTextFile(store, 'eu1/jobs/0000000000/text')).rejects.toMatchObject({
      code: 'invalid_text',
    });
  });
});
