import { describe, expect, it } from 'vitest';
import { secondsOf } from '../moonshine/recording/time-tokens.ts';
import type { Hearing, TimedToken } from './place-words.ts';
import { segmentItems } from './segment-items.ts';

/** Tokens 0.2 s long one after another, as [text, probability]. */
const tokens = (...texts: readonly (readonly [string, number])[]): TimedToken[] =>
  texts.map(([text, probability], at) => ({
    text,
    probability,
    startSeconds: at * 0.2,
    endSeconds: (at + 1) * 0.2,
  }));

const voiced = (lengthSeconds: number): Hearing => ({
  lengthSeconds,
  speech: Array(Math.ceil(lengthSeconds / 0.032)).fill(1),
});

describe('segmentItems', () => {
  it('joins tokens to words and keeps punctuation apart', () => {
    const items = segmentItems(
      tokens([' He', 0.9], [' mar', 0.8], ['ried', 0.2], [',', 0.7], [' once', 1], ['.', 1]),
      voiced(2),
    );
    expect(items.map((item) => item.content)).toEqual(['He', 'married', ',', 'once', '.']);
    expect(items[1]).toMatchObject({ startSeconds: expect.closeTo(0.2), endSeconds: expect.closeTo(0.6) });
    expect(items[1]?.confidence).toBeCloseTo(0.4);
    expect(items[2]).toMatchObject({
      type: 'punctuation',
      startSeconds: items[1]?.endSeconds,
      isEndOfSentence: false,
    });
    expect(items[4]).toMatchObject({ startSeconds: items[3]?.endSeconds, isEndOfSentence: true });
  });

  it('draws a word in to where somebody speaks', () => {
    const speech = [...Array(10).fill(0), ...Array(10).fill(1), ...Array(10).fill(0)];
    const [word] = segmentItems([{ text: ' Hm', probability: 1, startSeconds: -0.3, endSeconds: 1.2 }], {
      lengthSeconds: 0.96,
      speech,
    });
    expect(word?.startSeconds).toBeCloseTo(0.32);
    expect(word?.endSeconds).toBeCloseTo(0.64, 1);
  });

  it('keeps words in order, with a length and inside, even if all are aligned past the end', () => {
    const late = Array.from({ length: 10 }, (_, at) => ({
      text: ` w${at}`,
      probability: 1,
      startSeconds: 5,
      endSeconds: 5,
    }));
    const items = segmentItems(late, voiced(0.3));
    expect(items).toHaveLength(10);
    items.forEach((item, at) => {
      expect(item.startSeconds).toBeGreaterThanOrEqual((items[at - 1]?.endSeconds ?? 0) - 1e-9);
      expect(item.endSeconds).toBeGreaterThan(item.startSeconds);
      expect(item.endSeconds).toBeLessThanOrEqual(0.3);
    });
  });

  it('drops a segment that is nearly all guesses, not one with some', () => {
    expect(segmentItems(tokens([' you', 0.2], [' the', 0.1], ['.', 1]), voiced(1))).toEqual([]);
    expect(segmentItems(tokens([' you', 0.2], [' there', 0.9]), voiced(1))).toHaveLength(2);
  });

  it('gives nothing for no tokens and drops a mark without a word before it', () => {
    expect(segmentItems([], voiced(1))).toEqual([]);
    expect(segmentItems(tokens([' .', 1], [' Yes', 1]), voiced(1)).map((item) => item.content)).toEqual([
      'Yes',
    ]);
  });
});

describe('secondsOf', () => {
  it('turns frames of 24 ms into seconds, less the padding', () => {
    const { startSeconds, endSeconds } = secondsOf({ start: 25, end: 50 }, 0.3);
    expect([startSeconds, endSeconds]).toEqual([expect.closeTo(0.3), expect.closeTo(0.9)]);
  });
});
