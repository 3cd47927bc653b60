import { describe, expect, it } from 'vitest';
import type { Encoding } from '../samples.ts';
import { readSamples } from './raw.ts';

async function read(pieces: readonly Uint8Array[], encoding: Encoding, channels = 1): Promise<number[][]> {
  const chunks: number[][] = [];
  for await (const chunk of readSamples(async(pieces), encoding, channels)) chunks.push([...chunk]);
  return chunks;
}

async function* async(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

function cutEvery(bytes: Buffer, length: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) =>
    bytes.subarray(i * length, (i + 1) * length),
  );
}

function floats(...values: number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}

describe('readSamples', () => {
  it.each<[Encoding, number[], number[]]>([
    ['pcm_u8', [0, 128, 255], [-1, 0, 127 / 128]],
    ['pcm_s16le', [0, 0x80, 0, 0, 0xff, 0x7f], [-1, 0, 32_767 / 32_768]],
    ['pcm_s24le', [0, 0, 0x80, 0, 0, 0x40], [-1, 0.5]],
    ['pcm_s32le', [0, 0, 0, 0x80, 0, 0, 0, 0x40], [-1, 0.5]],
    // The ends and the middle of the table of G.711; its two zeros are one.
    [
      'mulaw',
      [0x00, 0x80, 0x7f, 0xff, 0xf0, 0x2a],
      [-32_124, 32_124, 0, 0, 120, -5_372].map((value) => value / 32_768),
    ],
  ])('reads %s', async (encoding, bytes, expected) => {
    const [samples] = await read([Buffer.from(bytes)], encoding);
    expect(samples).toEqual(expected.map((value) => value || expect.closeTo(0)));
  });

  it('makes silence of what is no sample, and cuts what is too loud', async () => {
    const odd = floats(0.25, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30, -7);
    expect(await read([odd], 'pcm_f32le')).toEqual([[0.25, 0, 0, 0, 1, -1]]);
  });

  it.each([1, 2, 3, 5, 7])('loses no sample in pieces of %d bytes', async (length) => {
    const samples = Array.from({ length: 40 }, (_, i) => (i - 20) / 32);
    const pieces = cutEvery(floats(...samples), length);
    expect((await read(pieces, 'pcm_f32le')).flat()).toEqual(samples);
  });

  it('hands each piece on by itself, without what is incomplete', async () => {
    const pcm = Buffer.from([0, 0x40, 0, 0xc0, 0, 0x20, 9]);
    expect(await read([pcm.subarray(0, 3), pcm.subarray(3, 4), pcm.subarray(4)], 'pcm_s16le')).toEqual([
      [0.5],
      [-0.5],
      [0.25],
    ]);
  });

  it('mixes channels, wherever they are cut', async () => {
    const frames = floats(1, 0, 0.5, -0.5, 0.25, 0.75);
    expect((await read(cutEvery(frames, 5), 'pcm_f32le', 2)).flat()).toEqual([0.5, 0, 0.5]);
  });

  it('makes blocks of a huge piece', async () => {
    const chunks = await read([Buffer.alloc(2 * 100_000)], 'pcm_s16le');
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.flat()).toHaveLength(100_000);
  });
});
