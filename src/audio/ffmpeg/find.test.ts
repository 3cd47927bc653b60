import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/fixtures/audio/temporary-folder.ts';
import { findFfmpeg } from './find.ts';

const folder = temporaryFolder();

async function install(name: string, mode = 0o755): Promise<string> {
  const path = join(folder(), name, 'ffmpeg');
  await mkdir(join(folder(), name));
  await writeFile(path, '');
  await chmod(path, mode);
  return path;
}

it('takes the executable it is told to', async () => {
  const path = await install('told');
  expect(findFfmpeg({ ffmpegPath: path, searchPath: '' })).toMatchObject({ kind: 'native', command: path });
  expect(() => findFfmpeg({ ffmpegPath: '/nowhere/ffmpeg' })).toThrow('/nowhere/ffmpeg is not an executable');
});

it('takes the first on PATH, never one of the working directory', async () => {
  await install('plain', 0o644);
  const path = await install('good');
  const searchPath = ['', '.', join(folder(), 'plain'), join(folder(), 'good'), join(folder(), 'told')];
  expect(findFfmpeg({ searchPath: searchPath.join(delimiter) }).command).toBe(path);
});

it('falls back to WebAssembly', () => {
  expect(findFfmpeg({ searchPath: '/nowhere' })).toMatchObject({ kind: 'wasm', command: process.execPath });
});
