import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wordSpans } from './word-spans.ts';

const wordsOf = (text: string) => [...wordSpans(text)].map(({ start, end }) => text.slice(start, end));

describe('wordSpans', () => {
  it.each([
    [
      'Hello <markup> world <!-- comment > comment --> how are you?',
      ['Hello', 'world', 'how', 'are', 'you?'],
    ],
    ['  one\ttwo\r\nthree\u00a0four  ', ['one', 'two', 'three', 'four']],
    ['<p>One.</p><p>Two</p>', ['One.', 'Two']],
    ['<!-- a\nb -->c', ['c']],
    ['a < b', ['a', '<', 'b']],
    ['a<b c<', ['a<b', 'c<']],
    ['a <!-- b', ['a', '<!--', 'b']],
    ['a <!-- b > c', ['a', 'c']],
    ['<!-->a', ['a']],
    ['1 > 0', ['1', '>', '0']],
    ['a\0b 🦔', ['a\0b', '🦔']],
    ['', []],
    [' <x> ', []],
  ])('finds the words of %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it('finds words in order, none empty, none with white space, and leaves out only markup and white space', () => {
    const text = fc.array(fc.constantFrom('a', 'é', ' ', '\n', '<', '>', '!', '-', '<!--', '-->', '🦔'));
    fc.assert(
      fc.property(
        text.map((parts) => parts.join('')),
        (given) => {
          let last = 0;
          for (const { start, end } of wordSpans(given)) {
            expect(given.slice(last, start)).toMatch(/^(\s|<.*>)*$/s);
            expect(given.slice(start, end)).toMatch(/^\S+$/);
            last = end;
          }
          expect(given.slice(last)).toMatch(/^(\s|<.*>)*$/s);
        },
      ),
    );
  });

  it.each([
    ['one word', 'x'.repeat(10_000_000)],
    ['beginnings of markup', '<'.repeat(10_000_000)],
    ['beginnings of comments', '<!-- '.repeat(2_000_000)],
    ['ends of markup', '>'.repeat(10_000_000)],
    ['markup', '<a>'.repeat(3_000_000)],
    ['a beginning at each word, and one end before', `>${' <a'.repeat(3_000_000)}`],
    ['white space', ' '.repeat(10_000_000)],
  ])(
    'takes 10 MB of %s in its stride',
    (_, text) => {
      const begin = performance.now();
      let words = 0;
      for (const _span of wordSpans(text)) words += 1;
      expect(words).toBeLessThanOrEqual(4_000_000);
      expect(performance.now() - begin).toBeLessThan(30_000);
    },
    60_000,
  );
});
