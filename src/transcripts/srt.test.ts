import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonV2, WordResult } from './json-v2.ts';
import { printSrt } from './srt.ts';
import { transcriptOf } from './transcript.fixture.ts';

interface ParsedCue {
  readonly counter: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly lines: readonly string[];
}

function parseTime(text: string): number {
  const [, hours, minutes, seconds, ms] = /^(\d\d+):([0-5]\d):([0-5]\d),(\d{3})$/.exec(text) ?? [];
  if (ms === undefined) throw new Error(`Not a time: ${text}`);
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(ms) / 1000;
}

function parseSrt(srt: string): ParsedCue[] {
  if (srt === '') return [];
  expect(srt).toMatch(/[^\n]\n$/);
  return srt
    .slice(0, -1)
    .split('\n\n')
    .map((block) => {
      const [counter, times = '', ...lines] = block.split('\n');
      const [start = '', end = ''] = times.split(' --> ');
      return { counter: Number(counter), startSeconds: parseTime(start), endSeconds: parseTime(end), lines };
    });
}

const linesOf = (text: string, limits?: { maxLineLength: number; maxLines: number }) =>
  parseSrt(printSrt(transcriptOf(text), limits)).map((cue) => cue.lines);

/** A transcript of one word with times as they are, not rounded to two decimals. */
function oneWord(startSeconds: number, endSeconds: number): JsonV2 {
  const transcript = transcriptOf('word');
  const [word] = transcript.results;
  return {
    ...transcript,
    results: [{ ...(word as WordResult), start_time: startSeconds, end_time: endSeconds }],
  };
}

describe('printSrt', () => {
  it('prints counter, times and at most two lines of 37 characters, cues parted by a blank line', () => {
    const text =
      "Hey everyone , this is Eli from Speechmatics and today we're talking about how to turn text to speech .";
    expect(printSrt(transcriptOf(text))).toBe(
      [
        '1',
        '00:00:00,000 --> 00:00:11,000',
        'Hey everyone, this is Eli from',
        "Speechmatics and today we're talking",
        '',
        '2',
        '00:00:11,000 --> 00:00:18,000',
        'about how to turn text to speech.',
        '',
      ].join('\n'),
    );
  });

  it('fills a line to the limit exactly', () => {
    expect(linesOf('abc def ghi', { maxLineLength: 7, maxLines: 1 })).toEqual([['abc def'], ['ghi']]);
    expect(linesOf('abc defg', { maxLineLength: 7, maxLines: 1 })).toEqual([['abc'], ['defg']]);
  });

  it('counts a mark as part of its line', () => {
    expect(linesOf('abc def , ghi', { maxLineLength: 7, maxLines: 1 })).toEqual([['abc'], ['def,'], ['ghi']]);
  });

  it('breaks after a sentence unless the next one fits on the line too', () => {
    expect(linesOf('Text to speech . How you can take any text .')).toEqual([
      ['Text to speech.', 'How you can take any text.'],
    ]);
    expect(linesOf('Yes . No . Maybe so .')).toEqual([['Yes. No. Maybe so.']]);
  });

  it('puts a word longer than the line on its own', () => {
    expect(linesOf('a incomprehensible b', { maxLineLength: 5, maxLines: 2 })).toEqual([
      ['a', 'incomprehensible'],
      ['b'],
    ]);
  });

  it('counts characters, not UTF-16 units', () => {
    expect(linesOf('😀😀 😀😀', { maxLineLength: 5, maxLines: 1 })).toEqual([['😀😀 😀😀']]);
  });

  it('joins words as the language does', () => {
    expect(parseSrt(printSrt(transcriptOf('你 好 吗', { wordDelimiter: '' })))[0]?.lines).toEqual(['你好吗']);
  });

  it('starts a new cue after a long silence', () => {
    const cues = parseSrt(
      printSrt(
        transcriptOf('Yes . No .', {
          times: [
            [0, 1],
            [600, 601],
          ],
        }),
      ),
    );
    expect(cues.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds])).toEqual([
      [0, 1],
      [600, 601],
    ]);
  });

  it.each(['speakers', 'channels'])('starts a new cue where other %s take over, and names none', (voices) => {
    const transcript = transcriptOf('Hello you . Hi . Bye', { [voices]: ['a1', 'a1', 'b1', 'b1'] });
    expect(parseSrt(printSrt(transcript)).map((cue) => cue.lines)).toEqual([['Hello you.'], ['Hi. Bye']]);
  });

  it('ends a cue where the next one starts, if its last word lasts longer', () => {
    const transcript = transcriptOf('aa bb', {
      times: [
        [0, 5],
        [2, 6],
      ],
    });
    const cues = parseSrt(printSrt(transcript, { maxLineLength: 2, maxLines: 1 }));
    expect(cues.map((cue) => cue.endSeconds)).toEqual([2, 6]);
  });

  it.each([
    [59.9996, '00:01:00,000'],
    [3599.9996, '01:00:00,000'],
    [59.9994, '00:00:59,999'],
    [86_399.9999, '24:00:00,000'],
    [360_000.5, '100:00:00,500'],
  ])('prints %d s as %s', (seconds, expected) => {
    expect(printSrt(oneWord(seconds, 400_000))).toContain(`\n${expected} --> `);
  });

  it('keeps a line break inside a word from ending its cue', () => {
    const transcript = transcriptOf('placeholder');
    const [word] = transcript.results;
    const alternatives = [{ confidence: 1, content: 'one\n\ntwo', language: 'en', speaker: 'UU' }] as const;
    const results = [{ ...(word as WordResult), alternatives }];
    expect(parseSrt(printSrt({ ...transcript, results }))[0]?.lines).toEqual(['one two']);
  });

  it('is empty without words', () => {
    expect(printSrt(transcriptOf(''))).toBe('');
  });

  it('refuses limits that are not positive integers', () => {
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      expect(() => printSrt(transcriptOf('a'), { maxLineLength: limit, maxLines: 2 })).toThrow(TypeError);
      expect(() => printSrt(transcriptOf('a'), { maxLineLength: 37, maxLines: limit })).toThrow(TypeError);
    }
  });
});

describe('printSrt, whatever the words', () => {
  const words = fc.array(
    fc.record({
      content: fc.stringMatching(/^[a-zé😀]{1,12}$/u),
      mark: fc.constantFrom('', ' .', ' ,'),
      gapCs: fc.integer({ min: -30, max: 500 }),
      lengthCs: fc.integer({ min: 1, max: 100 }),
      speaker: fc.constantFrom('UU', 'UU', 'UU', 'S1', 'S2'),
    }),
    { maxLength: 60 },
  );
  const anyLimits = fc.record({
    maxLineLength: fc.integer({ min: 1, max: 50 }),
    maxLines: fc.integer({ min: 1, max: 4 }),
  });
  const cases = fc.tuple(words, anyLimits).map(([spoken, limits]) => {
    let clockCs = 0;
    const times = spoken.map(({ gapCs, lengthCs }) => {
      const startCs = Math.max(0, clockCs + gapCs);
      clockCs = startCs + lengthCs;
      return [startCs / 100, clockCs / 100] as const;
    });
    const text = spoken.map(({ content, mark }) => content + mark).join(' ');
    const speakers = spoken.map(({ speaker }) => speaker);
    const transcript = transcriptOf(text, { times, speakers });
    const tokens = text
      .replaceAll(/ ([.,])/g, '$1')
      .split(' ')
      .filter((token) => token !== '');
    return { transcript, limits, tokens, times, cues: parseSrt(printSrt(transcript, limits)) };
  });

  const inTimeOrder = (times: readonly (readonly [number, number])[]) =>
    times.every(([start], index) => index === 0 || start > (times[index - 1]?.[0] ?? 0));

  it('numbers cues from 1 and never lets two overlap', () => {
    fc.assert(
      fc.property(cases, ({ cues }) => {
        for (const [index, cue] of cues.entries()) {
          expect(cue.counter).toBe(index + 1);
          expect(cue.endSeconds).toBeGreaterThanOrEqual(cue.startSeconds);
          expect(cue.startSeconds).toBeGreaterThanOrEqual(cues[index - 1]?.endSeconds ?? 0);
        }
      }),
    );
  });

  it('keeps to both limits, but for a word that exceeds the line alone', () => {
    fc.assert(
      fc.property(cases, ({ cues, limits }) => {
        for (const { lines } of cues) {
          expect(lines.length).toBeGreaterThanOrEqual(1);
          expect(lines.length).toBeLessThanOrEqual(limits.maxLines);
          for (const line of lines.filter((text) => text.includes(' '))) {
            expect([...line].length).toBeLessThanOrEqual(limits.maxLineLength);
          }
        }
      }),
    );
  });

  it('prints every word once, in order, at its time', () => {
    fc.assert(
      fc.property(
        cases.filter(({ times }) => inTimeOrder(times)),
        ({ cues, tokens, times }) => {
          expect(cues.flatMap((cue) => cue.lines.flatMap((line) => line.split(' ')))).toEqual(tokens);
          let first = 0;
          for (const [index, cue] of cues.entries()) {
            const next = first + cue.lines.flatMap((line) => line.split(' ')).length;
            const lastEnd = times[next - 1]?.[1] ?? 0;
            const expectedEnd = Math.min(lastEnd, cues[index + 1]?.startSeconds ?? lastEnd);
            expect(Math.abs(cue.startSeconds - (times[first]?.[0] ?? 0))).toBeLessThanOrEqual(0.001);
            expect(Math.abs(cue.endSeconds - expectedEnd)).toBeLessThanOrEqual(0.001);
            first = next;
          }
        },
      ),
    );
  });

  it('gives times back within a millisecond', () => {
    const seconds = fc.double({ min: 0, max: 400_000, noNaN: true });
    fc.assert(
      fc.property(seconds, seconds, (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const [cue] = parseSrt(printSrt(oneWord(start, end)));
        expect(Math.abs((cue?.startSeconds ?? -1) - start)).toBeLessThanOrEqual(0.001);
        expect(Math.abs((cue?.endSeconds ?? -1) - end)).toBeLessThanOrEqual(0.001);
      }),
    );
  });
});
