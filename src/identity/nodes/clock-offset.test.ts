import { describe, expect, it } from 'vitest';
import { betterOffset, measureOffset } from './clock-offset.ts';

describe('the offset of another clock', () => {
  it('is read half way between question and answer', () => {
    expect(measureOffset(1_000, 1_502, 1_004)).toEqual({ offsetMs: 500, errorMs: 2 });
  });

  const exact = { offsetMs: 500, errorMs: 1 };

  it('is not moved by one slow answer', () => {
    expect(betterOffset(exact, { offsetMs: 620, errorMs: 150 })).toEqual({ offsetMs: 500, errorMs: 2 });
  });

  it('becomes more exact with a quick one', () => {
    const quick = { offsetMs: 500.5, errorMs: 0.5 };
    expect(betterOffset(exact, quick)).toEqual(quick);
  });

  it('is believed less with time, so that a slow answer counts after many of them', () => {
    const slow = { offsetMs: 520, errorMs: 30 };
    let known = exact;
    for (let beats = 0; beats < 30; beats += 1) known = betterOffset(known, slow);
    expect(known).toEqual(slow);
  });

  it('follows a clock that was set, however slow the answer that tells', () => {
    const jumped = { offsetMs: 10_500, errorMs: 150 };
    expect(betterOffset(exact, jumped)).toEqual(jumped);
  });
});
