import { describe, expect, it } from 'vitest';
import { parseJobConfig } from './parse.ts';

const parse = (asked: object, language = 'en') =>
  parseJobConfig(JSON.stringify({ type: 'transcription', transcription_config: { language, ...asked } }), {
    languages: ['en', 'de'],
  });
const replacing = (...replacements: object[]) => ({ transcript_filtering_config: { replacements } });

describe('a config', () => {
  it.each<[string, object]>([
    ['no marks', { punctuation_overrides: { permitted_marks: [] } }],
    ['all marks', { punctuation_overrides: { permitted_marks: ['all'], sensitivity: 0.5 } }],
    ['no hesitations', { transcript_filtering_config: { remove_disfluencies: true } }],
    ['other words', replacing({ from: 'a', to: 'b' }, { from: '/^(c)$/', to: '[$1]' })],
    ['entities', { enable_entities: true }],
  ])('may ask for %s', (_, asked) => {
    expect(parse(asked).transcription_config).toEqual({ language: 'en', ...asked });
  });

  it('may ask for what only English has with another language, but for entities', () => {
    const asked = { transcript_filtering_config: { remove_disfluencies: true }, enable_entities: false };
    expect(parse(asked, 'de').transcription_config).toMatchObject(asked);
    expect(() => parse({ enable_entities: true }, 'de')).toThrow(
      expect.objectContaining({
        code: 'product_not_available',
        detail: expect.stringContaining('enable_entities'),
      }),
    );
  });

  it('cannot ask for another sensitivity, which no engine has', () => {
    expect(() => parse({ punctuation_overrides: { sensitivity: 0.4 } })).toThrow(
      expect.objectContaining({
        code: 'product_not_available',
        detail: expect.stringContaining('sensitivity'),
      }),
    );
  });

  it.each<[string, object, string]>([
    ['a mark of two characters', { punctuation_overrides: { permitted_marks: ['..'] } }, 'permitted_marks.0'],
    [
      'a bad expression',
      replacing({ from: '/(/', to: '' }),
      'replacements: the regular expression /(/ cannot',
    ],
    ['a look-ahead', replacing({ from: '/(?=a)/', to: '' }), 'replacements: the regular expression'],
    [
      'expressions too long together',
      replacing(...Array.from({ length: 2 }, () => ({ from: '/a{900}/', to: '' }))),
      'replacements: the regular expressions are too long together',
    ],
    ['nothing to replace', replacing({ from: '', to: 'x' }), 'replacements.0.from'],
    ['an unknown member', replacing({ from: 'a', to: 'b', flags: 'i' }), 'replacements.0'],
  ])('with %s is rejected', (_, asked, detail) => {
    expect(() => parse(asked)).toThrow(
      expect.objectContaining({ code: 'job_rejected', detail: expect.stringContaining(detail) }),
    );
  });
});
