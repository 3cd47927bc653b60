import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CATALOGUE } from './catalogue.ts';
import { type InstallOptions, installModel } from './install.ts';
import { type Model, parseModel } from './model.ts';
import { listInstalled, readModel, removeModel, verifyModel } from './models.ts';
import { extractFiles, unpack } from './unpack.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'parley-models-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const quiet = { onProgress: () => {} };
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

interface Entry {
  readonly name: string;
  readonly content?: string;
  readonly type?: 'symlink' | 'link' | 'directory' | 'character-device';
  readonly linkname?: string;
}

async function tar(...entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = '', ...header } of entries) archive.entry(header, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** `tar cj ./small` of three files: model.onnx (weights), README.md, tokens.txt (a 0). */
const ARCHIVE = Buffer.from(
  [
    'QlpoOTFBWSZTWQunpEQAAIP/hMmAAkBAAf+AJgOQQGbvnsAAAIEIMAC2thqIGjQNAADEAaAkopp6jyQPUNqekGI9QAAqokBhA00A',
    'aAAHqfvKPl2bXoWMHK/00QqnpIFKVlklXpAjkHNB4nFhEgTBGCY9k0Oca9H6S31ZGG4jSVAksObKZwRG9yJtmxtzcVqqVds3sILK',
    '8bCEcOlKGIopBansBYBc2NJ+Uxnh3ypAOAsBeUxjeyoMgAPCgzVnwwT0kjCfYmQuyxSKp6KiB/F3JFOFCQC6ekRA',
  ].join(''),
  'base64',
);

function write(name: string, content: Uint8Array): string {
  const file = path.join(root, name);
  writeFileSync(file, content);
  return file;
}

/** A model whose files come in an archive, `small/model.onnx` and `small/tokens.txt`. */
const model = (change: Partial<Model> = {}): Model => ({
  name: 'small',
  languages: ['en'],
  licence: 'CC0-1.0',
  home: 'https://example.invalid/',
  downloads: [
    {
      url: 'https://example.invalid/small.tar.bz2',
      sizeBytes: 1,
      files: ['small/model.onnx', 'small/tokens.txt'],
    },
  ],
  recognizer: {
    mode: 'offline',
    family: 'zipformerCtc',
    files: { model: 'model.onnx' },
    tokens: 'tokens.txt',
  },
  ...change,
});

describe('installing from a local archive', () => {
  const models = () => path.join(root, 'models');
  const install = (from: string, of = model(), options: Partial<InstallOptions> = {}) =>
    installModel(of, { root: models(), from: [from], ...quiet, ...options });

  it('keeps the files of the manifest and can verify and remove them', async () => {
    await install(write('small.tar.bz2', ARCHIVE));
    expect(await listInstalled(models())).toEqual(['small']);
    const directory = path.join(models(), 'small');
    expect(readdirSync(directory).sort()).toEqual(['model.json', 'model.onnx', 'tokens.txt']);
    expect(readFileSync(path.join(directory, 'model.onnx'), 'utf8')).toBe('weights');
    expect((await readModel(directory)).installed).toContainEqual({
      file: 'tokens.txt',
      sizeBytes: 3,
      sha256: sha256(Buffer.from('a 0')),
    });
    expect(await verifyModel(models(), 'small')).toEqual([]);

    writeFileSync(path.join(directory, 'tokens.txt'), 'b 0');
    expect(await verifyModel(models(), 'small')).toEqual(['tokens.txt']);
    appendFileSync(path.join(directory, 'tokens.txt'), 'x');
    await expect(readModel(directory)).rejects.toThrow('tokens.txt of the model small is not as installed');

    await removeModel(models(), 'small');
    expect(await listInstalled(models())).toEqual([]);
    await expect(removeModel(models(), 'small')).rejects.toThrow('the model small is not installed');
  });

  it('takes the archive from a directory, and shows how far it is', async () => {
    write('small.tar.bz2', ARCHIVE);
    const shown: string[] = [];
    await install(root, model(), {
      onProgress: (step, done, total) => shown.push(`${step} ${done === total}`),
    });
    expect(shown).toContain('unpacking small.tar.bz2 true');
  });

  it('leaves nothing behind when a file is missing or the checksum is another', async () => {
    const archive = write('small.tar.bz2', ARCHIVE);
    const [download] = model().downloads;
    const other = (change: object) =>
      model({ downloads: [{ ...download, ...change } as Model['downloads'][0]] });
    const more = other({ files: ['small/model.onnx', 'small/tokens.txt', 'small/more.txt'] });
    await expect(install(archive, more)).rejects.toThrow('the archive has no small/more.txt');
    const pinned = other({ sha256: '0'.repeat(64) });
    await expect(install(archive, pinned)).rejects.toThrow('not the file its checksum describes');
    expect(readdirSync(models())).toEqual([]);
  });

  it('refuses a second one of the same name', async () => {
    const archive = write('small.tar.bz2', ARCHIVE);
    await install(archive);
    await expect(install(archive)).rejects.toThrow('installed already');
  });

  it('fetches nothing without a checksum', async () => {
    await expect(installModel(model(), { root: models(), from: [], ...quiet })).rejects.toThrow(
      'no checksum is known for https://example.invalid/small.tar.bz2',
    );
  });

  it('never looks outside for a name', async () => {
    writeFileSync(path.join(root, 'model.json'), '{}');
    await expect(verifyModel(models(), '..')).rejects.toThrow('names no model');
    await expect(removeModel(models(), '../models')).rejects.toThrow('names no model');
  });
});

describe('a hostile archive', () => {
  const open = async (entries: readonly Entry[], maxUnpackedBytes?: number) => {
    const directory = path.join(root, 'out');
    mkdirSync(directory, { recursive: true });
    const selection = {
      files: ['small/model.onnx'],
      directory,
      ...(maxUnpackedBytes && { maxUnpackedBytes }),
    };
    await extractFiles(Readable.from([await tar(...entries)]), selection);
    expect(readdirSync(root)).toEqual(['out']);
    return directory;
  };
  const WANTED = { name: 'small/model.onnx', content: 'weights' };

  it('writes no path of its own', async () => {
    const outside = path.join(tmpdir(), 'parley-must-not-appear');
    const names = ['../escaped', 'small/../../escaped', outside];
    const directory = await open([...names.map((name) => ({ name, content: 'x' })), WANTED]);
    expect(readdirSync(directory)).toEqual(['model.onnx']);
    expect(existsSync(outside)).toBe(false);
  });

  it.each(['symlink', 'link', 'character-device'] as const)('makes no %s', async (type) => {
    const entry = { name: WANTED.name, type, linkname: '/etc/passwd' };
    await expect(open([entry])).rejects.toThrow('no regular file');
    expect(readdirSync(path.join(root, 'out'))).toEqual([]);
  });

  it('writes through no link it brings', async () => {
    expect(readdirSync(await open([{ name: 'small', type: 'symlink', linkname: root }, WANTED]))).toEqual([
      'model.onnx',
    ]);
  });

  it('may not say the same file twice', async () => {
    const directory = await open([WANTED, { ...WANTED, content: 'others' }]);
    expect(readFileSync(path.join(directory, 'model.onnx'), 'utf8')).toBe('weights');
  });

  it('may not unpack to more than allowed', async () => {
    const big = { name: 'big', content: 'x'.repeat(100_000) };
    await expect(open([big, WANTED], 50_000)).rejects.toThrow('unpacks to more');
  });

  it.each([
    ['is no bzip2', Buffer.from('hello')],
    ['is empty', Buffer.alloc(0)],
    ['ends too early', ARCHIVE.subarray(0, 100)],
    ['is changed in the middle', Buffer.from(ARCHIVE).fill(0, 60, 90)],
  ])('is refused when it %s', async (_, content) => {
    const selection = { files: ['small/model.onnx'], directory: root };
    const unpacked = unpack(write('a.tar.bz2', content), selection, () => {});
    await expect(unpacked).rejects.toMatchObject({ name: 'ModelError' });
  });
});

describe('a manifest', () => {
  const parse = (change: object) => parseModel(JSON.stringify({ ...model(), ...change }));

  it('is read', () => {
    expect(parse({})).toEqual(model());
  });

  it.each([
    ['a name that is a path', { name: '../x' }, /\/name/],
    ['a member nobody knows', { surprise: 1 }, /surprise|additional/],
    ['neither recognizer nor diarizer', { recognizer: undefined }, /either a recognizer or a diarizer/],
    [
      'a file that no download brings',
      { diarizer: { segmentation: 'model.onnx', embedding: 'voice.onnx' }, recognizer: undefined },
      /voice.onnx, which no download brings/,
    ],
    [
      'two files of one name',
      { downloads: [{ ...model().downloads[0], files: ['a/model.onnx', 'b/model.onnx', 'tokens.txt'] }] },
      /two files/,
    ],
    [
      'the name of the manifest itself',
      { downloads: [{ ...model().downloads[0], files: ['model.onnx', 'tokens.txt', 'x/model.json'] }] },
      /"model.json" cannot be the name/,
    ],
    [
      'a file that is a path',
      { downloads: [{ ...model().downloads[0], files: ['model.onnx', 'tokens.txt', 'x/..'] }] },
      /"\.\." cannot be the name/,
    ],
    [
      'a single file under another name',
      { downloads: [{ url: 'https://example.invalid/a.onnx', sizeBytes: 1, files: ['model.onnx'] }] },
      /must be its own name/,
    ],
  ])('is refused with %s', (_, change, message) => {
    expect(() => parse(change)).toThrow(message);
  });

  it('is refused when it is not JSON', () => {
    expect(() => parseModel('{')).toThrow('not JSON');
  });
});

describe('the catalogue', () => {
  it.each(CATALOGUE.map((entry) => [entry.name, entry] as const))('%s is whole', (_, entry) => {
    expect(parseModel(JSON.stringify(entry))).toEqual(entry);
    for (const download of entry.downloads) expect(download.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(entry.languages.length > 0).toBe(entry.recognizer !== undefined);
  });
});
