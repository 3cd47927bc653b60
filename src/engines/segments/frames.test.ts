import { expect, it } from 'vitest';
import { FRAME_SAMPLES, readFrames } from './frames.ts';

async function frames(...chunkLengths: readonly number[]): Promise<Float32Array[]> {
  let position = 0;
  const audio = async function* () {
    for (const length of chunkLengths) {
      yield Float32Array.from({ length }, () => position++ / 2_048);
    }
  };
  const all: Float32Array[] = [];
  for await (const frame of readFrames(audio())) all.push(frame);
  return all;
}

it.each([[[1_300]], [[512, 512, 276]], [[100, 0, 700, 1, 499]]])(
  'cuts chunks of %j alike',
  async (lengths) => {
    const cut = await frames(...lengths);
    expect(cut.map((frame) => frame.length)).toEqual([FRAME_SAMPLES, FRAME_SAMPLES, 276]);
    expect(cut.flatMap((frame) => [...frame])).toEqual(Array.from({ length: 1_300 }, (_, at) => at / 2_048));
  },
);

it('gives no frame for no samples', async () => {
  expect(await frames()).toEqual([]);
  expect(await frames(0, 0)).toEqual([]);
});

it('brings broken samples into range', async () => {
  const audio = async function* () {
    yield Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, -7, 0.5);
  };
  for await (const frame of readFrames(audio())) expect([...frame]).toEqual([0, 1, -1, 0.5]);
});
