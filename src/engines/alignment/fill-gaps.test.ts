import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillGaps, type Place } from './fill-gaps.ts';

const place = (startSeconds: number, endSeconds: number): Place => ({
  startSeconds,
  endSeconds,
  confidence: 0.9,
});
const times = (words: string, places: readonly (Place | undefined)[], lengthSeconds: number) =>
  [...fillGaps(words.split(' '), places, lengthSeconds)].map((item) => [item.startSeconds, item.endSeconds]);

describe('fillGaps', () => {
  it('leaves words that have a place where they are', () => {
    const places = [place(1, 2), place(2, 3)];
    expect([...fillGaps(['a', 'b'], places, 4)]).toEqual([
      { type: 'word', content: 'a', ...places[0] },
      { type: 'word', content: 'b', ...places[1] },
    ]);
  });

  it('spreads the others over the time between their neighbours', () => {
    expect(times('a b c', [place(0, 1), undefined, place(3, 4)], 4)[1]).toEqual([1, 3]);
    expect(times('a b c', [undefined, undefined, place(3, 4)], 4).slice(0, 2)).toEqual([
      [0, 1.5],
      [1.5, 3],
    ]);
    expect(times('a b', [place(0, 1), undefined], 4)[1]).toEqual([1, 4]);
    expect(times('a b c', [place(0, 0.57), undefined, place(0.57, 1)], 1)[1]).toEqual([0.57, 0.57]);
    expect(times('a b', [undefined, undefined], 0)).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('says that they were not heard', () => {
    expect([...fillGaps(['a'], [undefined], 1)][0]?.confidence).toBe(0);
  });

  it('keeps the order and stays within the recording', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(1_000), { nil: undefined }), { maxLength: 50 }), (lengths) => {
        let clock = 0;
        const places = lengths.map((length) => {
          if (length === undefined) return undefined;
          const start = clock + length / 1_000;
          clock = start + length / 1_000;
          return place(start, clock);
        });
        let last = 0;
        for (const item of fillGaps(places.map(String), places, clock + 0.5)) {
          expect(item.startSeconds).toBeGreaterThanOrEqual(last);
          expect(item.endSeconds).toBeGreaterThanOrEqual(item.startSeconds);
          last = item.endSeconds;
        }
        expect(last).toBeLessThanOrEqual(clock + 0.5);
      }),
    );
  });
});
