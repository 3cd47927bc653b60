import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printAlignment } from './print-alignment.ts';
import { wordSpans } from './word-spans.ts';

/** The example of the manual. */
const TEXT = 'Hello <markup> world <!-- comment > comment -->\nhow are you?';
const TIMES = [
  [0.12, 0.23],
  [0.34, 0.45],
  [0.56, 0.67],
  [0.78, 0.89],
  [0.9, 1],
].map(([startSeconds = 0, endSeconds = 0]) => ({ startSeconds, endSeconds }));

describe('printAlignment', () => {
  it('puts the start and end of each word around it', () => {
    expect(printAlignment(TEXT, TIMES, 'word_start_and_end')).toBe(
      '<time=0.12>Hello<time=0.23> <markup> <time=0.34>world<time=0.45> <!-- comment > comment -->\n' +
        '<time=0.56>how<time=0.67> <time=0.78>are<time=0.89> <time=0.90>you?<time=1.00>',
    );
  });

  it('puts the start of each line before it', () => {
    expect(printAlignment(TEXT, TIMES, 'one_per_line')).toBe(
      '[00:00:00.1] Hello <markup> world <!-- comment > comment -->\n[00:00:00.5] how are you?',
    );
  });

  it.each([
    ['no words', '\n <x>\n', '\n <x>\n'],
    ['leading blanks and a last line', '\r\n  <i>\r\n\t<b>a b\r\n', '\r\n  <i>\r\n[00:00:00.1] \t<b>a b\r\n'],
    ['markup over lines', 'a <x\ny> b\nc', '[00:00:00.1] a <x\ny> b\n[00:00:00.5] c'],
  ])('keeps %s', (_, text, printed) => {
    expect(printAlignment(text, TIMES, 'one_per_line')).toBe(printed);
  });

  it.each([
    [0, '00:00:00.0'],
    [4.1, '00:00:04.1'],
    [59.999, '00:00:59.9'],
    [3_661.05, '01:01:01.0'],
    [360_000, '100:00:00.0'],
  ])('writes %d s as %s', (startSeconds, time) => {
    expect(printAlignment('a', [{ startSeconds, endSeconds: startSeconds }], 'one_per_line')).toBe(
      `[${time}] a`,
    );
  });

  it('adds tags and changes nothing else', () => {
    const parts = fc.array(fc.constantFrom('a', 'b', ' ', '\n', '<x>', '<!-- > -->', '<'), { maxLength: 40 });
    fc.assert(
      fc.property(
        parts.map((all) => all.join('')),
        (text) => {
          const times = [...wordSpans(text)].map((_, at) => ({ startSeconds: at, endSeconds: at + 1 }));
          const words = printAlignment(text, times, 'word_start_and_end');
          expect(words.replaceAll(/<time=[\d.]+>/g, '')).toBe(text);
          expect(words.match(/<time=/g)?.length ?? 0).toBe(2 * times.length);
          const lines = printAlignment(text, times, 'one_per_line');
          expect(lines.replaceAll(/^\[[\d:.]+\] /gm, '')).toBe(text);
        },
      ),
    );
  });

  it('takes a line of many words, and many lines, in its stride', () => {
    const begin = performance.now();
    for (const text of ['a '.repeat(200_000), 'a\n'.repeat(200_000), `${'\n'.repeat(9_000_000)}a`]) {
      for (const tags of ['word_start_and_end', 'one_per_line'] as const) {
        expect(printAlignment(text, [], tags).length).toBeGreaterThan(text.length);
      }
    }
    expect(performance.now() - begin).toBeLessThan(30_000);
  }, 60_000);
});
