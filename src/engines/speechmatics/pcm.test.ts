import { expect, it } from 'vitest';
import { toFloats } from '../../audio/samples.ts';
import { piecesOf, toPcm } from './pcm.ts';

it('writes samples that are read as they were', () => {
  const samples = Float32Array.of(0, 0.5, -0.5, 0.25, -1, 32_767 / 32_768);
  expect(toFloats(toPcm(samples), 'pcm_s16le')).toEqual(samples);
});

it('keeps what is too loud within bounds, and rounds to the nearest', () => {
  expect([...toFloats(toPcm(Float32Array.of(1, 2, -2, 0.6 / 32_768)), 'pcm_s16le')]).toEqual([
    32_767 / 32_768,
    32_767 / 32_768,
    -1,
    1 / 32_768,
  ]);
});

it('divides chunks without loss', () => {
  const chunk = Float32Array.from({ length: 5_000 }, (_, index) => index);
  const pieces = [...piecesOf(chunk)];
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(2_048);
  expect(pieces.flatMap((piece) => [...piece])).toEqual([...chunk]);
});
