import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fileAudio, type LiveAudio } from './audio.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'parley-audio-'));
afterAll(() => rmSync(folder, { recursive: true }));
const never = new AbortController().signal;

async function fileOf(bytes: Uint8Array, signal = never): Promise<LiveAudio> {
  const file = path.join(folder, 'audio');
  writeFileSync(file, bytes);
  return fileAudio(file, signal);
}

async function sizes({ pieces }: LiveAudio, onPiece = () => {}): Promise<number[]> {
  const all: number[] = [];
  for await (const piece of pieces) {
    all.push(piece.length);
    onPiece();
  }
  return all;
}

/** The header alone says that a second has this many bytes. */
function wav(bytesPerSecond: number, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  bytes.write('RIFF\0\0\0\0WAVEfmt \x10\0\0\0', 'latin1');
  bytes.writeUInt32LE(bytesPerSecond, 28);
  return bytes;
}

it('a WAV file comes whole, in pieces of a tenth of a second', async () => {
  expect(await sizes(await fileOf(wav(1_000_000, 250_000)))).toEqual([65_536, 65_536, 65_536, 53_392]);
  expect(await sizes(await fileOf(wav(100_000, 25_000)))).toEqual([10_000, 10_000, 5_000]);
});

it('another file comes as it is read', async () => {
  expect(await sizes(await fileOf(Buffer.alloc(100_000)))).toEqual([65_536, 34_464]);
});

it('ends when it is told to, without an error, also while it waits', async () => {
  const end = new AbortController();
  const audio = await fileOf(wav(10, 1_000), end.signal);
  expect(await sizes(audio, () => setTimeout(() => end.abort(), 20))).toEqual([1]);
});

it('tells when the file is gone meanwhile', async () => {
  const audio = await fileOf(Buffer.alloc(10));
  rmSync(path.join(folder, 'audio'));
  await expect(sizes(audio)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/^the audio cannot be read: ENOENT/),
  });
});

it('refuses a folder', async () => {
  await expect(fileAudio(folder, never)).rejects.toThrow(/is no file/);
});
