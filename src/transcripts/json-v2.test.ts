import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Item } from './item.ts';
import { type JsonV2Input, printJsonV2, printResults } from './json-v2.ts';

const word = (content: string, startSeconds: number, endSeconds: number, confidence = 1): Item => ({
  type: 'word',
  content,
  startSeconds,
  endSeconds,
  confidence,
});

const mark = (content: string, atSeconds: number, isEndOfSentence?: boolean): Item => ({
  type: 'punctuation',
  content,
  startSeconds: atSeconds,
  endSeconds: atSeconds,
  confidence: 1,
  ...(isEndOfSentence !== undefined && { isEndOfSentence }),
});

const input = (changes: Partial<JsonV2Input> = {}): JsonV2Input => ({
  job: {
    id: 'a1b2c3d4e5',
    createdAt: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 60)),
    dataName: 'example.wav',
    durationSeconds: 15,
  },
  createdAt: new Date(Date.UTC(2026, 0, 2, 3, 4, 9, 7)),
  transcriptionConfig: { language: 'en' },
  language: 'en',
  languagePack: { languageDescription: 'English', wordDelimiter: ' ', writingDirection: 'left-to-right' },
  orchestratorVersion: 'parley 0.1.0',
  items: [],
  ...changes,
});

const resultsOf = (items: readonly Item[]) => printJsonV2(input({ items })).results;
const contentsOf = (items: readonly Item[]) =>
  resultsOf(items).map((result) => result.alternatives[0].content);

describe('printJsonV2', () => {
  it('prints the whole transcript in the documented shape', () => {
    const items = [word('Hello', 0.716, 1.3649, 0.987), mark('.', 1.3649, true)];
    expect(printJsonV2(input({ items }))).toStrictEqual({
      format: '2.9',
      job: {
        created_at: '2026-01-02T03:04:05.060Z',
        data_name: 'example.wav',
        duration: 15,
        id: 'a1b2c3d4e5',
      },
      metadata: {
        created_at: '2026-01-02T03:04:09.007000Z',
        language_pack_info: {
          adapted: false,
          itn: false,
          language_description: 'English',
          word_delimiter: ' ',
          writing_direction: 'left-to-right',
        },
        orchestrator_version: 'parley 0.1.0',
        transcription_config: { language: 'en' },
        type: 'transcription',
      },
      results: [
        {
          alternatives: [{ confidence: 0.99, content: 'Hello', language: 'en', speaker: 'UU' }],
          end_time: 1.36,
          start_time: 0.72,
          type: 'word',
        },
        {
          alternatives: [{ confidence: 1, content: '.', language: 'en', speaker: 'UU' }],
          attaches_to: 'previous',
          end_time: 1.36,
          is_eos: true,
          start_time: 1.36,
          type: 'punctuation',
        },
      ],
    });
  });

  it('echoes configs and tracking as submitted, without nulls', () => {
    const config = {
      language: 'en',
      operating_point: 'enhanced',
      domain: null,
      punctuation_overrides: { permitted_marks: [] },
    };
    const printed = printJsonV2(
      input({
        transcriptionConfig: config,
        outputConfig: { srt_overrides: { max_lines: 1, max_line_length: null } },
        job: { ...input().job, tracking: { title: 'x', details: { note: null, n: 1 } } },
      }),
    );
    expect(printed.metadata.transcription_config).toStrictEqual({
      language: 'en',
      operating_point: 'enhanced',
      punctuation_overrides: { permitted_marks: [] },
    });
    expect(printed.metadata.output_config).toStrictEqual({ srt_overrides: { max_lines: 1 } });
    expect(printed.job.tracking).toStrictEqual({ title: 'x', details: { n: 1 } });
  });

  it('marks a sentence end only where the engine said so', () => {
    const results = resultsOf([word('No', 0, 1), mark(',', 1), word('sir', 1, 2), mark('.', 2, false)]);
    expect(results.map((result) => ('is_eos' in result ? result.is_eos : undefined))).toEqual([
      undefined,
      false,
      undefined,
      false,
    ]);
  });

  it('sorts words by start, then by descending end, after rounding', () => {
    const items = [word('d', 3, 4), word('b', 1.004, 2), word('a', 1.001, 5), word('c', 1.02, 1.5)];
    expect(contentsOf(items)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps a mark behind its word where the next word starts at once', () => {
    const items = [word('Yes', 0, 1.3), mark('.', 1.3, true), word('No', 1.3, 2), mark('.', 2, true)];
    expect(contentsOf(items)).toEqual(['Yes', '.', 'No', '.']);
  });

  it('moves a mark with its word and puts it at that word’s end', () => {
    const results = resultsOf([
      word('late', 2, 3),
      mark('!', 7, true),
      word('early', 0, 1),
      mark('?', 0.2, true),
    ]);
    expect(
      results.map((result) => [result.alternatives[0].content, result.start_time, result.end_time]),
    ).toEqual([
      ['early', 0, 1],
      ['?', 1, 1],
      ['late', 2, 3],
      ['!', 3, 3],
    ]);
  });

  it('keeps a mark that no word precedes at its own time', () => {
    const [result] = resultsOf([mark('…', 0.456), word('so', 1, 2)]);
    expect(result).toMatchObject({ type: 'punctuation', start_time: 0.46, end_time: 0.46 });
  });

  it('prints speaker, volume and tags where an item has them', () => {
    const [result] = resultsOf([
      { ...word('um', 0, 1), speaker: 'S1', volume: 33.333, tags: ['disfluency'] },
    ]);
    expect(result).toStrictEqual({
      alternatives: [{ confidence: 1, content: 'um', language: 'en', speaker: 'S1', tags: ['disfluency'] }],
      end_time: 1,
      start_time: 0,
      type: 'word',
      volume: 33.33,
    });
  });

  it('prints the channel in place of the speaker, and keeps a mark with the word of its channel', () => {
    const left = [word('a', 0, 1), mark(',', 1), word('c', 2, 3)].map((item) => ({
      ...item,
      channel: 'left',
    }));
    const right = [mark('.', 0.5), word('b', 1, 2), mark('!', 2)].map((item) => ({
      ...item,
      channel: 'right',
    }));
    const results = resultsOf([...left, ...right]);
    expect(results.map((result) => [result.alternatives[0].content, result.channel])).toEqual([
      ['.', 'right'],
      ['a', 'left'],
      [',', 'left'],
      ['b', 'right'],
      ['!', 'right'],
      ['c', 'left'],
    ]);
    for (const result of results) expect(result.alternatives[0]).not.toHaveProperty('speaker');
  });

  it('prints an entity in the documented shape', () => {
    const written = [word('$20', 0, 2, 0.9)];
    const spoken = [word('twenty', 0, 1), mark(',', 1), word('dollars', 1, 2, 0.9)];
    const [result] = resultsOf([
      { ...word('$20', 0, 2, 0.9), type: 'entity', entity: { class: 'money', spoken, written } },
    ]);
    const alternative = { confidence: 0.9, content: '$20', language: 'en', speaker: 'UU' };
    expect(result).toStrictEqual({
      alternatives: [alternative],
      end_time: 2,
      entity_class: 'money',
      spoken_form: resultsOf(spoken),
      start_time: 0,
      type: 'entity',
      written_form: [{ alternatives: [alternative], end_time: 2, start_time: 0, type: 'word' }],
    });
  });

  it('refuses what JSON would print as null or what a client could not read', () => {
    expect(() => resultsOf([word('x', 0, 1, Number.NaN)])).toThrow(TypeError);
    expect(() => resultsOf([word('x', 0, Number.POSITIVE_INFINITY)])).toThrow(TypeError);
    expect(() => printJsonV2(input({ job: { ...input().job, durationSeconds: 1.5 } }))).toThrow(TypeError);
    expect(() => printJsonV2(input({ createdAt: new Date(Number.NaN) }))).toThrow(RangeError);
  });

  it('holds no null and at most two decimals, whatever the items', () => {
    const time = fc.double({ min: 0, max: 10_000, noNaN: true });
    const anyItem = fc.record({
      type: fc.constantFrom('word', 'punctuation'),
      content: fc.string({ minLength: 1 }),
      startSeconds: time,
      endSeconds: time,
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(anyItem),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (items, transcriptionConfig) => {
          const printed = printJsonV2(input({ items, transcriptionConfig }));
          JSON.parse(JSON.stringify(printed), (_, value) => expect(value).not.toBeNull());
          expect(printed.results).toHaveLength(items.length);
          for (const { start_time, end_time, alternatives } of printed.results) {
            for (const value of [start_time, end_time, alternatives[0].confidence]) {
              expect(String(value)).toMatch(/^\d+(\.\d{1,2})?$/);
            }
          }
        },
      ),
    );
  });

  it('gives times back to the printed hundredth, read from its JSON', () => {
    const times = fc.double({ min: 0, max: 100_000, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(times, times)), (pairs) => {
        const items = pairs.map(([a, b], index) => word(`w${index}`, Math.min(a, b), Math.max(a, b)));
        const { results } = JSON.parse(JSON.stringify(printJsonV2(input({ items }))));
        expect(results).toHaveLength(items.length);
        for (const { start_time, end_time, alternatives } of results) {
          const item = items[Number(alternatives[0].content.slice(1))];
          expect(Math.abs(start_time - (item?.startSeconds ?? -1))).toBeLessThanOrEqual(0.005001);
          expect(Math.abs(end_time - (item?.endSeconds ?? -1))).toBeLessThanOrEqual(0.005001);
        }
      }),
    );
  });
});

describe('printResults', () => {
  const speakersOf = (item: Item, unknownSpeaker?: string) => {
    const options = { language: 'de', ...(unknownSpeaker !== undefined && { unknownSpeaker }) };
    return printResults([item, mark('.', 1, true)], options).map(
      ({ alternatives: [first] }) => first.speaker,
    );
  };

  it('names a speaker who was told apart, and others only where it is told how', () => {
    expect(speakersOf(word('ja', 0, 1))).toEqual([undefined, undefined]);
    expect(speakersOf(word('ja', 0, 1), 'UU')).toEqual(['UU', 'UU']);
    expect(speakersOf({ ...word('ja', 0, 1), speaker: 'S1' })).toEqual(['S1', undefined]);
    const [result] = printResults([word('ja', 0, 1)], { language: 'de' });
    expect(result?.alternatives).toStrictEqual([{ confidence: 1, content: 'ja', language: 'de' }]);
  });
});
