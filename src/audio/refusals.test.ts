import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bestDecoder } from '../../test/fixtures/audio/decoders.ts';
import { garble, readFixture, silentAmr, silentWav } from '../../test/fixtures/audio/samples.ts';
import { temporaryFolder } from '../../test/fixtures/audio/temporary-folder.ts';

const { signal } = new AbortController();
const folder = temporaryFolder();
/** The rules are one code for both; that both read files alike, `decoder.test.ts` shows. */
const decoder = bestDecoder({ maxDurationSeconds: 60 });
let files = 0;

async function save(bytes: Buffer | string): Promise<string> {
  files += 1;
  const path = join(folder(), `secret-name-${files}.wav`);
  await writeFile(path, bytes);
  return path;
}

async function refusal(bytes: Buffer | string): Promise<string> {
  const error = await decoder.probe(await save(bytes), signal).then(
    (info) => expect.fail(`accepted: ${JSON.stringify(info)}`),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'AppError', code: 'invalid_audio', detail: expect.any(String) });
  const { detail } = error as { detail: string };
  expect(detail).not.toMatch(/secret-name|parley-audio|\/|root:/);
  return detail;
}

async function withoutAudioTrack(): Promise<Buffer> {
  const mp4 = await readFixture('speech.mp4');
  mp4.write('free', mp4.lastIndexOf('trak', mp4.indexOf('soun')));
  return mp4;
}

async function withGarbledFrames(): Promise<Buffer> {
  const m4a = await readFixture('speech.m4a');
  const start = m4a.indexOf('mdat') + 4;
  return garble(m4a, start, start + 15_000);
}

async function cut(name: string, share: number): Promise<Buffer> {
  const bytes = await readFixture(name);
  return bytes.subarray(0, Math.floor(bytes.length * share));
}

describe('a refused file', () => {
  it.each([
    ['an empty file', () => '', 'the file is empty'],
    ['text', () => 'no audio at all', 'the file is of no known audio format'],
    ['a playlist', () => '#EXTM3U\n#EXTINF:1,\n/etc/passwd\n', 'the file is of no known audio format'],
    [
      'a concat script',
      () => 'ffconcat version 1.0\nfile /etc/passwd\n',
      'the file is of no known audio format',
    ],
    ['a WAV without samples', () => silentWav(0), 'the audio is empty'],
    [
      'a WAV header cut short',
      () => silentWav(0).subarray(0, 30),
      'the audio is corrupt, or not what its header says',
    ],
    [
      '255 channels',
      () => silentWav(51_000, { channels: 255 }),
      'the audio has 255 channels, more than the 8 allowed',
    ],
    [
      'a rate of 1 GHz',
      () => silentWav(3200, { sampleRate: 1e9 }),
      'the sample rate of 1000000000 Hz is outside the range of 4000 to 384000 Hz',
    ],
    ['a long WAV', () => silentWav(61 * 32_000), 'the audio is longer than the 60 seconds allowed'],
    ['five hours of AMR in 1 MB', () => silentAmr(18_000), 'the audio is longer than the 60 seconds allowed'],
    ['a video without sound', withoutAudioTrack, 'the file has no audio stream'],
    ['garbled AAC', withGarbledFrames, 'the audio is corrupt, or not what its header says'],
  ])('is %s', async (_what, make, detail) => {
    expect(await refusal(await make())).toBe(detail);
  });

  it.each([
    ['speech.wav', 'it declares 3.0 seconds and holds 1.8'],
    ['speech.mp3', 'it declares 3.1 seconds and holds 1.8'],
    ['speech.flac', 'it declares 3.0 seconds and holds 1.6'],
    ['speech.mp4', 'it declares 3.0 seconds and holds 1.6'],
    ['speech.webm', 'it declares 3.0 seconds and holds 1.7'],
    ['speech.m4a', 'it ends in the middle of a block'],
    ['speech-opus.ogg', 'it ends in the middle of a block, after 1.0 seconds of audio'],
    ['speech-vorbis.ogg', 'it ends in the middle of a block, after 1.0 seconds of audio'],
  ])('is %s cut to 60 %%', async (name, what) => {
    expect(await refusal(await cut(name, 0.6))).toBe(`the file is cut short: ${what}`);
  });

  it('tolerates a few missing frames', async () => {
    const info = await decoder.probe(await save(await cut('speech.mp3', 0.95)), signal);
    expect(info.durationSeconds).toBeCloseTo(2.9, 1);
  });

  it('decodes no more than allowed, and fails in the middle of garbage', async () => {
    const decodeAll = async (bytes: Buffer) => {
      for await (const chunk of decoder.decode(await save(bytes), signal))
        expect(chunk.length).toBeGreaterThan(0);
    };
    const long = silentWav(70 * 16_000, { sampleRate: 8000 });
    await expect(decodeAll(long)).rejects.toThrow('longer than the 60 seconds allowed');
    await expect(decodeAll(silentWav(70 * 32_000))).rejects.toThrow('longer than the 60 seconds allowed');
    await expect(decodeAll(await withGarbledFrames())).rejects.toThrow('cannot be decoded to its end');
    await expect(decodeAll(silentWav(0))).rejects.toThrow('the audio is empty');
  });
});
