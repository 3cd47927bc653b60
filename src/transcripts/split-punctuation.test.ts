import { describe, expect, it } from 'vitest';
import { endsSentence, splitPunctuation } from './split-punctuation.ts';

/** Words as they are, marks in angle brackets. */
const split = (text: string) =>
  splitPunctuation(text)
    .map((part) => (part.type === 'word' ? part.content : `<${part.content}>`))
    .join(' ');

describe('splitPunctuation', () => {
  it.each([
    ['He was young, and ill.', 'He was young <,> and ill <.>'],
    ["It's the boys' ill-disposed dog!", "It's the boys' ill-disposed dog <!>"],
    ['Pay $3.50 or 1,000 at 10:30; is 5% right?', 'Pay $3.50 or 1,000 at 10:30 <;> is 5% right <?>'],
    ['Mr. Dashwood met Dr. Who.', 'Mr. Dashwood met Dr. Who <.>'],
    ['At 3 p.m., e.g. in the U.S.', 'At 3 p.m. <,> e.g. in the U.S. <.>'],
    ['He said no. Then "yes."', 'He said no <.> Then yes <.>'],
    ['Well... (really) — what?!', 'Well <.> really what <?>'],
    ['It fell to -5 and .5 degrees', 'It fell to -5 and .5 degrees'],
    ['A lonely . mark', 'A lonely <.> mark'],
    ['  ', ''],
    ['Über naïve café?', 'Über naïve café <?>'],
  ])('%s', (text, expected) => {
    expect(split(text)).toBe(expected);
  });

  it('gives the place of every part in the text', () => {
    const text = '  "Oh, Mr. Dashwood — no."';
    for (const part of splitPunctuation(text)) expect(text.slice(part.start, part.end)).toBe(part.content);
    expect(splitPunctuation(text)).toHaveLength(6);
  });
});

describe('endsSentence', () => {
  it('knows full stop, question and exclamation mark from the rest', () => {
    expect(['.', '?', '!', '…'].map(endsSentence)).toEqual([true, true, true, true]);
    expect([',', ';', ':'].map(endsSentence)).toEqual([false, false, false]);
  });
});
