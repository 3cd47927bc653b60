import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideText } from './divide-text.ts';

const NEVER = new AbortController().signal;

/** Each text is one segment, numbered from 0. */
async function divide(text: string, ...segments: readonly string[]): Promise<string[]> {
  const heard = segments.flatMap((one, segment) =>
    one
      .split(' ')
      .filter((content) => content !== '')
      .map((content) => ({ content, segment })),
  );
  const words = text.split(' ');
  const shares = await divideText(words, heard, NEVER);
  return segments.map((_, segment) => (shares.get(segment) ?? []).map((index) => words[index]).join(' '));
}

describe('divideText', () => {
  it('finds the words of each segment, however they are written', async () => {
    expect(await divide('It’s a DARK, (stormy) night. Very!', 'its a dark', 'stormy night', 'very')).toEqual([
      'It’s a DARK,',
      '(stormy) night.',
      'Very!',
    ]);
  });

  it('keeps words that were heard as others or not at all within a segment', async () => {
    expect(await divide('one two three four five', 'one to four five')).toEqual(['one two three four five']);
  });

  it('gives words between two segments to the one that was misheard', async () => {
    expect(await divide('say it is now', 'say its', 'now')).toEqual(['say it is', 'now']);
    expect(await divide('say it is now', 'say', 'its now')).toEqual(['say', 'it is now']);
  });

  it('leaves out what was recognised nowhere near', async () => {
    expect(await divide('Chapter One one two', 'one two')).toEqual(['one two']);
    expect(await divide('one — two', 'one two')).toEqual(['one two']);
    const unsaid = Array.from({ length: 9 }, (_, at) => `w${at}`).join(' ');
    expect(await divide(`one ${unsaid} two`, 'one two')).toEqual(['one two']);
  });

  it('has nothing to give to a segment whose words are not in the text', async () => {
    expect(await divide('one two', 'an advertisement', 'one two')).toEqual(['', 'one two']);
    expect(await divide('one', '')).toEqual(['']);
  });

  it('gives no word twice and keeps the order', async () => {
    const word = fc.constantFrom('a', 'b', 'c', 'd', '—', '');
    const segment = fc.array(fc.constantFrom('a', 'b', 'c', 'x'), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(word, { maxLength: 30 }),
        fc.array(segment, { maxLength: 6 }),
        async (words, segments) => {
          const heard = segments.flatMap((contents, at) =>
            contents.map((content) => ({ content, segment: at })),
          );
          const shares = await divideText(words, heard, NEVER);
          const placed = segments.flatMap((_, at) => shares.get(at) ?? []);
          expect(placed).toEqual([...new Set(placed)].toSorted((one, other) => one - other));
          expect(placed.every((index) => /[a-d]/.test(words[index] ?? ''))).toBe(true);
        },
      ),
    );
  });
});
