import { describe, expect, it } from 'vitest';
import { FRAME_SAMPLES, FRAME_SECONDS } from './frames.ts';
import { type Segment, Segmenter } from './segmenter.ts';

const count = (seconds: number) => Math.round(seconds / FRAME_SECONDS);

/** Cuts stretches of [seconds, speech probability, loudness]. */
function cut(...stretches: readonly (readonly [number, number, number?])[]): Segment[] {
  const segmenter = new Segmenter();
  const frames = stretches.flatMap(([seconds, speech, loudness = speech]) =>
    Array.from({ length: count(seconds) }, () => ({
      samples: new Float32Array(FRAME_SAMPLES).fill(loudness),
      speech,
    })),
  );
  return [...frames.map((frame) => segmenter.push(frame)), segmenter.finish()].filter(
    (one) => one !== undefined,
  );
}

const startOf = (segment: Segment | undefined) => (segment?.startSample ?? Number.NaN) / 16_000;
const endOf = (segment: Segment | undefined) => startOf(segment) + (segment?.samples.length ?? 0) / 16_000;

describe('Segmenter', () => {
  it('cuts at 0.8 s of silence and keeps 0.3 s on either side', () => {
    const [first, second, ...more] = cut([2, 0], [1, 1], [1, 0], [1, 1], [3, 0]);
    expect(more).toEqual([]);
    expect([startOf(first), endOf(first)]).toEqual([expect.closeTo(1.7, 1), expect.closeTo(3.3, 1)]);
    expect([startOf(second), endOf(second)]).toEqual([expect.closeTo(3.7, 1), expect.closeTo(5.3, 1)]);
  });

  it('does not cut at 0.7 s of silence', () => {
    expect(cut([1, 1], [0.7, 0], [1, 1], [2, 0])).toHaveLength(1);
  });

  it('gives a segment as soon as its silence is long enough', () => {
    const segmenter = new Segmenter();
    const push = (speech: number) => segmenter.push({ samples: new Float32Array(FRAME_SAMPLES), speech });
    for (let frame = 0; frame < count(1); frame += 1) expect(push(1)).toBeUndefined();
    for (let frame = 0; frame < 24; frame += 1) expect(push(0)).toBeUndefined();
    expect(push(0)).toBeDefined();
  });

  it('splits at the least voiced place of the last 6 s when 15 s are full', () => {
    const [first, second] = cut([5, 1], [0.2, 0], [6, 1], [0.2, 0.4], [9, 1]);
    expect(endOf(first)).toBeCloseTo(11.3, 1);
    expect(startOf(second)).toBe(endOf(first));
  });

  it('splits at the quietest place when all of it is voiced', () => {
    const [first] = cut([12, 1], [0.2, 1, 0.1], [9, 1]);
    expect(endOf(first)).toBeCloseTo(12.1, 1);
  });

  it('covers endless speech without gap or overlap, 15 s at most each', () => {
    const segments = cut([100, 1]);
    for (const [at, segment] of segments.slice(1).entries()) {
      expect(startOf(segment)).toBeCloseTo(endOf(segments[at]), 6);
    }
    expect(Math.max(...segments.map((segment) => segment.samples.length))).toBeLessThanOrEqual(15 * 16_000);
    expect(endOf(segments.at(-1))).toBeCloseTo(100, 0);
  });

  it('drops a click, and keeps a short word', () => {
    expect(cut([1, 0], [FRAME_SECONDS * 2, 1], [2, 0])).toEqual([]);
    expect(cut([1, 0], [0.2, 1], [2, 0])).toHaveLength(1);
  });

  it('carries the probability of speech of every frame', () => {
    const [segment] = cut([1, 0], [1, 1], [2, 0]);
    expect(segment?.speech).toHaveLength((segment?.samples.length ?? 0) / FRAME_SAMPLES);
    expect(segment?.speech.filter((speech) => speech === 1)).toHaveLength(count(1));
  });

  it('keeps a last frame that is short', () => {
    const segmenter = new Segmenter();
    for (let frame = 0; frame < 30; frame += 1)
      segmenter.push({ samples: new Float32Array(FRAME_SAMPLES), speech: 1 });
    segmenter.push({ samples: new Float32Array(100), speech: 1 });
    expect(segmenter.finish()?.samples).toHaveLength(30 * FRAME_SAMPLES + 100);
  });
});
