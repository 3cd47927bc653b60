import { describe, expect, it } from 'vitest';
import { type Heard, timedTokens } from './heard.ts';

const NOTHING = { durations: [], timestamps: [], logProbabilities: [] };
/** Two seconds; somebody speaks in the middle second. */
const HEARING = {
  lengthSeconds: 2,
  speech: Array.from({ length: 63 }, (_, frame) => (frame >= 15 && frame < 46 ? 0.9 : 0)),
};

const timed = (heard: Partial<Heard> & Pick<Heard, 'text' | 'tokens'>, language = 'en') =>
  timedTokens({ ...NOTHING, ...heard }, HEARING, language);
const texts = (...args: Parameters<typeof timed>) => timed(...args).map(({ text }) => text);

describe('timedTokens', () => {
  it('gives each token the text it stands for', () => {
    expect(texts({ text: 'He was.', tokens: [' He', ' was', '.'] })).toEqual(['He', ' was', '.']);
    expect(texts({ text: 'hello there', tokens: ['hel@@', 'lo', 'there'] })).toEqual(['hel', 'lo', ' there']);
    expect(texts({ text: 'It costs 5.', tokens: ['▁it', '▁costs', '▁5'] })).toEqual(['It', ' costs', ' 5.']);
  });

  it('loses no text that no token accounts for', () => {
    for (const tokens of [[], ['x'], ['<en>', ' one', '�', '�'], [' three']]) {
      expect(texts({ text: 'one two three', tokens }).join('')).toBe('one two three');
    }
    expect(texts({ text: '', tokens: ['x'] })).toEqual([]);
  });

  it('takes times from the model', () => {
    const heard = { text: 'a b c', tokens: ['a', ' b', ' c'], timestamps: [0.5, 0.8, 1.2] };
    expect(timed(heard).map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds])).toEqual([
      [0.5, 0.8],
      [0.8, 1.2],
      [1.2, 2],
    ]);
    const [first, , last] = timed({ ...heard, durations: [0.1, 5, 0.3] });
    expect(first?.endSeconds).toBeCloseTo(0.6);
    expect(last?.endSeconds).toBeCloseTo(1.5);
  });

  it('shares the speech by length where the model gives no times', () => {
    const [short, long] = timed({ text: 'a bbbbbbbb', tokens: ['a', ' bbbbbbbb'] });
    expect(short?.startSeconds).toBeCloseTo(0.48);
    expect(short?.endSeconds).toBeCloseTo(0.48 + 0.992 / 10);
    expect(long?.endSeconds).toBeCloseTo(1.472);
  });

  it('takes probabilities from the model, or is sure', () => {
    const probabilities = (logProbabilities: number[]) =>
      timed({ text: 'a b', tokens: ['a', ' b'], logProbabilities }).map(({ probability }) => probability);
    expect(probabilities([Math.log(0.25), 0.01])).toEqual([0.25, 1]);
    expect(probabilities([])).toEqual([1, 1]);
  });

  it('separates the words of languages written without spaces', () => {
    const tokens = [...'我们今天去北京。'];
    const separated = timed({ text: tokens.join(''), tokens }, 'cmn');
    expect(separated.map(({ text }) => text).join('')).toBe(' 我们 今天 去 北京。');
    expect(separated).toHaveLength(tokens.length);
  });
});
