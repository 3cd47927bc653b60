import { describe, expect, it } from 'vitest';
import { createVolumeMeter } from './volume.ts';

const RATE = 16_000;

/** 440 Hz; `dbfs` below a sine that uses the whole range. */
function sine(seconds: number, dbfs: number): Float32Array {
  const peak = 10 ** (dbfs / 20);
  return Float32Array.from(
    { length: seconds * RATE },
    (_, at) => peak * Math.sin((2 * Math.PI * 440 * at) / RATE),
  );
}

function meterOf(...parts: Float32Array[]) {
  const meter = createVolumeMeter();
  for (const part of parts) meter.hear(part);
  return meter;
}

describe('the volume of a sine', () => {
  it.each([
    [0, 100],
    [-6, 90],
    [-30, 50],
    [-45, 25],
    [-59.4, 1],
    [-60, 0],
    [-90, 0],
  ])('at %d dBFS is %d', (dbfs, volume) => {
    expect(meterOf(sine(1, dbfs)).between(0.2, 0.8)).toBeCloseTo(volume, 1);
  });
});

it('is 0 for silence and at most 100', () => {
  expect(meterOf(new Float32Array(RATE)).between(0, 1)).toBe(0);
  expect(meterOf(new Float32Array(RATE).fill(1)).between(0, 1)).toBe(100);
});

it('is the power of just the span, wherever the audio was cut into chunks', () => {
  const whole = new Float32Array(3 * RATE);
  whole.set(sine(1, -12), RATE);
  const chunks = [0, 1, 321, 8_000, 8_001, 31_999, 48_000].map((start, at, all) =>
    whole.subarray(start, all[at + 1]),
  );
  const meter = meterOf(...chunks);
  expect(meter.between(0, 1)).toBe(0);
  expect(meter.between(1, 2)).toBe(80);
  expect(meter.between(1.503, 1.504)).toBeCloseTo(80, 0);
  // Half of it is silence: 3 dB less.
  expect(meter.between(0, 2)).toBeCloseTo(80 - (100 * 3.01) / 60, 1);
  expect(meter.between(2, 3)).toBe(0);
});

it('of an instant is that of the frame around it, and behind the end that of the last frame', () => {
  const meter = meterOf(sine(1, -12));
  expect(meter.between(0.5, 0.5)).toBeCloseTo(80, 0);
  expect(meter.between(0.99, 7)).toBeCloseTo(80, 0);
  expect(meter.between(7, 8)).toBeCloseTo(80, 0);
  expect(meterOf().between(0, 1)).toBe(0);
});

describe('a meter that may forget', () => {
  it('tells of what is left as before, at the same times', () => {
    const parts = [-6, -30, -45, -12].map((dbfs) => sine(15, dbfs));
    const meter = meterOf(...parts);
    const all = meterOf(...parts);
    for (const seconds of [0, 14.99, 20, 20, 7, 44.5]) {
      meter.forgetBefore(seconds);
      for (const at of [44.5, 44.9, 45.01, 50, 59.99, 70]) {
        expect(meter.between(at, at + 0.3)).toBe(all.between(at, at + 0.3));
      }
    }
  });

  it('keeps the last frame, whatever it is to forget, and goes on from there', () => {
    const meter = meterOf(sine(15, -6), sine(1, -30));
    meter.forgetBefore(1_000);
    expect(meter.between(17, 18)).toBeCloseTo(50, 0);
    meter.hear(sine(1, -12));
    expect(meter.between(16, 17)).toBeCloseTo(80, 0);
    meterOf().forgetBefore(1_000);
  });

  it('takes no memory for what it has forgotten', () => {
    const meter = createVolumeMeter();
    const second = new Float32Array(RATE);
    for (let seconds = 1; seconds <= 3_600; seconds++) {
      meter.hear(second);
      meter.forgetBefore(seconds);
    }
    meter.hear(sine(1, -6));
    // What is forgotten is measured as the first that is left, at most ten seconds before the last it was told.
    expect(meter.between(0, 3_580)).toBe(0);
    expect(meter.between(0, 3_601)).toBeGreaterThan(70);
  });
});
