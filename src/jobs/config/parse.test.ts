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
    ['channels', { diarization: 'channel', channel_diarization_labels: ['agent', 'caller_2.b'] }],
    ['labels for channels that are not told apart', { channel_diarization_labels: ['agent'] }],
    ['the volume of words', { audio_filtering_config: {} }],
    ['loud words only', { audio_filtering_config: { volume_threshold: 12.5 } }],
  ])('may ask for %s', (_, asked) => {
    expect(parse(transcription(asked)).transcription_config).toEqual({ language: 'en', ...asked });
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
    ['a label with a space', transcription({ channel_diarization_labels: ['a b'] }), '_labels.0 '],
    ['too many labels', transcription({ channel_diarization_labels: Array(101).fill('a') }), '_labels '],
    [
      'a volume beyond 100',
      transcription({ audio_filtering_config: { volume_threshold: 101 } }),
      'Error: transcription_config.audio_filtering_config.volume_threshold ',
    ],
    ['tags not texts', { ...valid, tracking: { tags: [1] } }, 'Error: tracking.tags.0 '],
    ['too full', `{"type":[${'[],'.repeat(10_001)}0]}`, 'more than 20000 values'],
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
    ['translation', { ...valid, translation_config: { target_languages: ['de'] } }, 'translation_config'],
  ])('that asks for %s which nobody offers is refused, not ignored', (_, config, named) => {
    expect(() => parse(config)).toThrow(
      expect.objectContaining({ code: 'product_not_available', detail: expect.stringContaining(named) }),
    );
  });
});

it('takes empty lists, which some clients send for none', () => {
  const sent = transcription({ additional_vocab: [], language_hints: [] });
  expect(parse(sent)).toEqual(sent);
});

describe('speaker diarization', () => {
  const speakers = (config: object) =>
    transcription({ diarization: 'speaker', speaker_diarization_config: config });
  const parseFor = (config: object) =>
    parseJobConfig(JSON.stringify(config), { languages: ['en'], speakerDiarization: true });

  it('is accepted as it was sent where it is offered', () => {
    const sent = speakers({ speaker_sensitivity: 0.7, prefer_current_speaker: false, get_speakers: false });
    expect(parseFor(sent)).toEqual(sent);
  });

  it.each([
    ['get_speakers', true],
    ['prefer_current_speaker', true],
    ['speakers', [{ label: 'Ann', speaker_identifiers: ['x'] }]],
  ])('with %s is refused', (member, value) => {
    expect(() => parseFor(speakers({ [member]: value }))).toThrow(
      expect.objectContaining({
        code: 'product_not_available',
        detail: expect.stringContaining(`speaker_diarization_config.${member}`),
      }),
    );
  });
});

describe('an alignment', () => {
  const alignment = { type: 'alignment', alignment_config: { language: 'en' } };
  const parseFor = (offer: { alignment?: boolean }, config: object, lock = {}) =>
    parseJobConfig(JSON.stringify(config), { languages: ['en', 'de'], ...offer }, lock);

  it('is accepted as it was sent where an engine aligns, and refused elsewhere', () => {
    const sent = { ...alignment, fetch_text: { url: 'http://x' } };
    expect(parseFor({ alignment: true }, sent)).toEqual(sent);
    expect(languageOf(sent as never)).toBe('en');
    expect(() => parseFor({}, alignment)).toThrow(
      expect.objectContaining({
        code: 'product_not_available',
        detail: expect.stringContaining('alignment'),
      }),
    );
  });

  it.each([
    ['without its config', { type: 'alignment' }, 'job_rejected'],
    ['without a language', { type: 'alignment', alignment_config: {} }, 'no_language'],
    [
      'in no language of ours',
      { type: 'alignment', alignment_config: { language: 'xx' } },
      'product_not_available',
    ],
  ])('%s is refused', (_, config, code) => {
    expect(() => parseFor({ alignment: true }, config)).toThrow(expect.objectContaining({ code }));
  });

  it('is what a text is fetched for, and nothing else', () => {
    const config = { ...valid, fetch_text: { url: 'http://x' } };
    expect(() => parseFor({ alignment: true }, config)).toThrow(
      expect.objectContaining({ code: 'job_rejected', detail: expect.stringContaining('fetch_text') }),
    );
  });

  it('has the language that a key has locked, and none of the other members', () => {
    const lock = { language: 'de', operating_point: 'standard' };
    const offer = { alignment: true };
    expect(() => parseFor(offer, alignment, lock)).toThrow(
      expect.objectContaining({
        code: 'forbidden',
        detail: expect.stringContaining('alignment_config.language'),
      }),
    );
    expect(parseFor(offer, { type: 'alignment', alignment_config: {} }, lock)).toEqual({
      type: 'alignment',
      alignment_config: { language: 'de' },
    });
    const enhanced = { ...alignment, transcription_config: { model: 'enhanced' } };
    expect(() => parseFor(offer, enhanced, { operating_point: 'standard' })).toThrow(
      expect.objectContaining({ code: 'forbidden' }),
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
  ])('that is %s has its one value', (_, sent) => {
    const config = parseLocked(sent);
    expect(languageOf(config)).toBe('en');
    expect(config.transcription_config).toEqual(lock);
  });

  it('that is the same under its other name keeps that name', () => {
    const { operating_point: model, ...others } = lock;
    expect(parseLocked({ model }).transcription_config).toEqual({ ...others, model });
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
  it('that is named twice alike is echoed once, by its present name', () => {
    const twice = transcription({ operating_point: 'standard', model: 'standard' });
    expect(parse(twice)).toEqual(transcription({ model: 'standard' }));
  });

  it.each([
    [{}, 'standard'],
    [{ model: 'enhanced' }, 'enhanced'],
    [{ operating_point: 'enhanced' }, 'enhanced'],
  ])('of %o is %s', (sent, model) => {
    expect(modelOf(parse(transcription(sent)))).toBe(model);
  });
});
