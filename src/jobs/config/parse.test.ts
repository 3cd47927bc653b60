import { describe, expect, it } from 'vitest';
import { languageOf, modelOf, parseJobConfig } from './parse.ts';

const valid = { type: 'transcription', transcription_config: { language: 'en' } };
const parse = (config: unknown) =>
  parseJobConfig(typeof config === 'string' ? config : JSON.stringify(config), { languages: ['en'] });
const transcription = (extra: object) => ({ ...valid, transcription_config: { language: 'en', ...extra } });

describe('a config', () => {
  it('is echoed as it was sent, without nulls and without additions', () => {
    const sent = {
      ...transcription({
        operating_point: 'enhanced',
        diarization: 'none',
        enable_entities: false,
        max_delay: 2,
      }),
      notification_config: null,
      tracking: { title: 'T', details: { a: [1, { b: null, c: 2 }] } },
      unknown: { kept: true },
    };
    const config = parse(sent);
    expect(languageOf(config)).toBe('en');
    expect(config).toEqual({
      ...transcription({
        operating_point: 'enhanced',
        diarization: 'none',
        enable_entities: false,
        max_delay: 2,
      }),
      tracking: { title: 'T', details: { a: [1, { c: 2 }] } },
      unknown: { kept: true },
    });
  });

  it.each([
    ['not JSON', '{', 'Job config JSON is invalid'],
    ['an array', '[]', 'Job config JSON is invalid. Error: it is not an object'],
    ['no type', { transcription_config: {} }, 'Job config JSON is invalid. Error: '],
    ['another type', { ...valid, type: 'dictation' }, 'Job config JSON is invalid. Error: type '],
    ['no transcription_config', { type: 'transcription' }, 'Job config JSON is invalid. Error: '],
    ['language a number', transcription({ language: 7 }), 'Error: transcription_config.language '],
    ['an unknown model', transcription({ model: 'huge' }), 'Error: transcription_config.model '],
    [
      'two models',
      transcription({ model: 'standard', operating_point: 'enhanced' }),
      'model and operating_point differ',
    ],
    ['tags not texts', { ...valid, tracking: { tags: [1] } }, 'Error: tracking.tags.0 '],
    ['too deep', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`, 'nested more than 32 levels deep'],
  ])('with %s is rejected', (_, config, detail) => {
    expect(() => parse(config)).toThrow(
      expect.objectContaining({ code: 'job_rejected', detail: expect.stringContaining(detail) }),
    );
  });

  it('without a language says so', () => {
    const config = { type: 'transcription', transcription_config: {} };
    expect(() => parse(config)).toThrow(expect.objectContaining({ code: 'no_language' }));
  });

  it.each([
    ['a language', transcription({ language: 'de' }), '"de"'],
    ['automatic language', transcription({ language: 'auto' }), '"auto"'],
    ['diarization', transcription({ diarization: 'speaker' }), 'diarization "speaker"'],
    ['vocabulary', transcription({ additional_vocab: [{ content: 'x' }] }), 'additional_vocab'],
    ['entities', transcription({ enable_entities: true }), 'enable_entities'],
    ['translation', { ...valid, translation_config: { target_languages: ['de'] } }, 'translation_config'],
    ['fetching', { ...valid, fetch_data: { url: 'http://x' } }, 'fetch_data'],
    ['callbacks', { ...valid, notification_config: [] }, 'notification_config'],
  ])('that asks for %s which nobody offers is refused, not ignored', (_, config, named) => {
    expect(() => parse(config)).toThrow(
      expect.objectContaining({ code: 'product_not_available', detail: expect.stringContaining(named) }),
    );
  });
});

describe('a locked member', () => {
  const lock = { language: 'en', operating_point: 'standard', enable_entities: false };
  const parseLocked = (transcription_config: unknown) =>
    parseJobConfig(JSON.stringify({ ...valid, transcription_config }), { languages: ['en', 'de'] }, lock);

  it.each([
    ['absent', {}],
    ['null', { language: null, operating_point: null }],
    ['the same', lock],
    ['the same under its other name', { model: 'standard' }],
  ])('that is %s has its one value', (_, sent) => {
    const config = parseLocked(sent);
    expect(languageOf(config)).toBe('en');
    expect(config.transcription_config).toMatchObject(lock);
  });

  it.each([
    ['language', { language: 'de' }],
    ['language', { language: 7 }],
    ['operating_point', { operating_point: 'enhanced' }],
    ['model', { model: 'enhanced' }],
    ['model', { model: 'enhanced', operating_point: 'standard' }],
    ['enable_entities', { enable_entities: 0 }],
  ])('%s with another value is forbidden', (member, sent) => {
    const detail = expect.stringMatching(new RegExp(`^limits\\.lock: .*transcription_config\\.${member} `));
    expect(() => parseLocked(sent)).toThrow(expect.objectContaining({ code: 'forbidden', detail }));
  });

  it('leaves the others to the caller, and does not make what is sent valid', () => {
    expect(parseLocked({ max_delay: 2 }).transcription_config).toEqual({ ...lock, max_delay: 2 });
    for (const sent of [undefined, [], 'en', 7]) {
      expect(() => parseLocked(sent)).toThrow(expect.objectContaining({ code: 'job_rejected' }));
    }
    const unknown = { diarization: 'speaker' };
    expect(() => parseJobConfig(JSON.stringify(valid), { languages: ['en'] }, unknown)).toThrow(
      expect.objectContaining({ code: 'product_not_available' }),
    );
  });

  it('that no config could have is no member of the prototype', () => {
    const config = parseJobConfig(JSON.stringify(valid), { languages: ['en'] }, { constructor: 'x' });
    expect(config.transcription_config).toEqual({ language: 'en', constructor: 'x' });
  });
});

describe('the model', () => {
  it.each([
    [{}, 'standard'],
    [{ model: 'enhanced' }, 'enhanced'],
    [{ operating_point: 'enhanced' }, 'enhanced'],
  ])('of %o is %s', (sent, model) => {
    expect(modelOf(parse(transcription(sent)))).toBe(model);
  });
});
