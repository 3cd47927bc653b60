import { describe, expect, it } from 'vitest';
import { resample } from './resample.ts';

function tone(sampleRate: number, hertz: number, seconds = 1): Float32Array {
  const length = Math.round(sampleRate * seconds);
  return Float32Array.from({ length }, (_, at) => 0.5 * Math.sin((2 * Math.PI * hertz * at) / sampleRate));
}

async function* chunked(samples: Float32Array, length: number): AsyncGenerator<Float32Array> {
  for (let at = 0; at < samples.length; at += length) yield samples.subarray(at, at + length);
}

async function resampled(samples: Float32Array, sampleRate: number, length = 1000): Promise<Float32Array> {
  const chunks: number[] = [];
  for await (const chunk of resample(chunked(samples, length), sampleRate)) chunks.push(...chunk);
  return Float32Array.from(chunks);
}

/** The largest difference, apart from the beginning and the end, where the filter has only half of what it needs. */
function difference(a: Float32Array, b: Float32Array): number {
  const margin = 800;
  return a.subarray(margin, -margin).reduce((most, value, at) => {
    return Math.max(most, Math.abs(value - (b[margin + at] ?? 0)));
  }, 0);
}

describe('resample', () => {
  it('passes 16 kHz on as it is', async () => {
    const samples = tone(16_000, 440);
    const chunks: Float32Array[] = [];
    for await (const chunk of resample(chunked(samples, 8000), 16_000)) chunks.push(chunk);
    expect(chunks).toEqual([samples.subarray(0, 8000), samples.subarray(8000)]);
  });

  it.each([1_000, 8_000, 11_025, 22_050, 44_100, 44_101, 48_000, 96_000, 384_000])(
    'makes of %d Hz what 16 kHz would have been, in its place',
    async (sampleRate) => {
      const hertz = Math.min(6_000, 0.4 * sampleRate);
      const samples = await resampled(tone(sampleRate, hertz), sampleRate);
      expect(Math.abs(samples.length - 16_000)).toBeLessThanOrEqual(16);
      expect(difference(samples, tone(16_000, hertz))).toBeLessThan(0.002);
    },
  );

  it.each([9_000, 12_000, 20_000])('lets nothing of %d Hz fold back', async (hertz) => {
    const samples = await resampled(tone(48_000, hertz), 48_000);
    expect(difference(samples, new Float32Array(16_000))).toBeLessThan(1e-4);
  });

  it.each([1, 7, 441, 100_000])('does not hear where chunks of %d end', async (length) => {
    const samples = tone(44_100, 1_000, 0.5);
    expect(await resampled(samples, 44_100, length)).toEqual(await resampled(samples, 44_100, 5_000));
  });

  it.each([
    [8_000, 6.5],
    [48_000, 3.5],
  ])('holds samples of %d Hz back for %d ms at most', async (sampleRate, maxDelayMs) => {
    let given = 0;
    const pieces = async function* () {
      for await (const chunk of chunked(tone(sampleRate, 440), sampleRate / 50)) {
        given += chunk.length;
        yield chunk;
      }
    };
    let taken = 0;
    let maxMs = 0;
    for await (const chunk of resample(pieces(), sampleRate)) {
      taken += chunk.length;
      maxMs = Math.max(maxMs, (given / sampleRate - taken / 16_000) * 1000);
    }
    expect(maxMs).toBeGreaterThan(0);
    expect(maxMs).toBeLessThan(maxDelayMs);
  });

  it('keeps streams apart that are resampled in turn', async () => {
    const tones = [500, 700].map((hertz) => tone(44_100, hertz, 0.2));
    const streams = tones.map((samples) => resample(chunked(samples, 500), 44_100));
    const together: number[][] = [[], []];
    for (let turn = 0; turn < 30; turn++) {
      for (const [at, stream] of streams.entries())
        together[at]?.push(...((await stream.next()).value ?? []));
    }
    for (const [at, samples] of tones.entries()) {
      expect(Float32Array.from(together[at] ?? [])).toEqual(await resampled(samples, 44_100));
    }
  });

  it('refuses a rate that is none', async () => {
    await expect(resample(chunked(tone(16_000, 1), 10), 0).next()).rejects.toThrow(TypeError);
  });
});
