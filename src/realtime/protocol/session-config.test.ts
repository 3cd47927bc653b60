import { describe, expect, it } from 'vitest';
import { liveConfigOf, readChange, readStart } from './session-config.ts';
import { SessionError } from './session-error.ts';

const OFFER = { languages: ['en', 'de'] };
const start = (config: object = {}, others: object = {}) =>
  readStart(
    { message: 'StartRecognition', transcription_config: { language: 'en', ...config }, ...others },
    OFFER,
  );

function refusal(read: () => unknown): { type: string; reason: string } {
  try {
    read();
  } catch (error) {
    if (error instanceof SessionError) return { type: error.type, reason: error.message };
    throw error;
  }
  throw new Error('it was taken');
}

describe('StartRecognition', () => {
  it('needs no more than a language', () => {
    expect(start()).toEqual({
      audio: { type: 'file' },
      transcription: { language: 'en' },
      live: {
        maxDelaySeconds: 4,
        isFixedDelay: false,
        hasPartials: false,
        silenceSeconds: 0,
        volumeThreshold: undefined,
      },
      warnings: [],
    });
  });

  it.each([
    [{ type: 'raw', encoding: 'pcm_s16le', sample_rate: 16_000 }],
    [{ type: 'raw', encoding: 'pcm_f32le', sample_rate: 48_000 }],
    [{ type: 'raw', encoding: 'mulaw', sample_rate: 8_000 }],
    [{ type: 'file' }],
  ])('takes audio as %j', (audio_format) => {
    expect(start({}, { audio_format }).audio).toEqual(audio_format);
  });

  it.each([
    [0, 0.7],
    [0.7, 0.7],
    [1.5, 1.5],
    [4, 4],
    [5, 4],
    [20, 4],
  ])('brings a delay of %d s into bounds', (max_delay, maxDelaySeconds) => {
    expect(start({ max_delay }).live).toMatchObject({ maxDelaySeconds });
  });

  it('takes what official clients send besides', () => {
    const sent = { ctrl: { a: 1 }, streaming_mode: true, operating_point: 'enhanced', domain: null };
    const others = { type: 'transcription', translation_config: null };
    expect(start(sent, others).warnings).toEqual([]);
    expect(start({ speaker_diarization_config: { max_speakers: 5 } }).warnings).toEqual([]);
  });

  it('takes an empty vocabulary, which some clients send for none', () => {
    expect(start({ additional_vocab: [] }).transcription).toMatchObject({ additional_vocab: [] });
  });

  it('keeps an empty audio filter apart from none', () => {
    expect(start({ audio_filtering_config: {} }).live.volumeThreshold).toBe(0);
    expect(start({ audio_filtering_config: { volume_threshold: 12 } }).live.volumeThreshold).toBe(12);
  });

  it('warns of translations that are not on offer, of all at once, and of none', () => {
    const warningsFor = (target_languages: string[]) =>
      start({}, { translation_config: { target_languages } }).warnings;
    const none = { type: 'empty_translation_target_list', reason: 'there is no language to translate to' };
    expect(warningsFor([])).toEqual([none]);
    expect(warningsFor(['de', 'fr'])).toEqual([
      { type: 'unsupported_translation_pair', reason: 'no installed engine translates from en to de, fr' },
      none,
    ]);
  });

  it.each([
    [{ language: undefined }, 'invalid_config', /transcription_config/],
    [{ language: 'tlh' }, 'invalid_language', /"tlh"/],
    [{ model: 'melia-1' }, 'invalid_model', /melia-1/],
    [{ operating_point: 'best' }, 'invalid_config', /operating_point/],
    [{ max_delay: -1 }, 'invalid_config', /max_delay/],
    [{ max_delay: '1' }, 'invalid_config', /max_delay/],
    [{ enable_partial: true }, 'invalid_config', /transcription_config/],
    [
      { conversation_config: { end_of_utterance_silence_trigger: 3 } },
      'invalid_config',
      /end_of_utterance_silence_trigger/,
    ],
    [{ additional_vocab: ['Parley'] }, 'not_allowed', /additional_vocab/],
    [{ domain: 'medical' }, 'not_allowed', /domain/],
    [{ diarization: 'speaker' }, 'not_allowed', /diarization "speaker"/],
    [{ enable_entities: true, language: 'de' }, 'not_allowed', /enable_entities/],
    [{ punctuation_overrides: { sensitivity: 0.2 } }, 'not_allowed', /sensitivity/],
    [
      { transcript_filtering_config: { replacements: [{ from: '/(/', to: '' }] } },
      'invalid_config',
      /replacements/,
    ],
  ])('is refused with %j', (config, type, reason) => {
    expect(refusal(() => start(config))).toEqual({ type, reason: expect.stringMatching(reason) });
  });

  it.each([
    [{ audio_format: { type: 'raw' } }, 'invalid_config'],
    [{ audio_format: { type: 'raw', encoding: 'pcm_s8', sample_rate: 8_000 } }, 'invalid_config'],
    [{ audio_format: { type: 'raw', encoding: 'mulaw', sample_rate: 0 } }, 'invalid_config'],
    [{ audio_format: 'file' }, 'invalid_config'],
    [{ translation_config: { target_languages: ['a', 'b', 'c', 'd', 'e', 'f'] } }, 'invalid_config'],
    [{ audio_events_config: {} }, 'not_allowed'],
    [{ audio_events_config: { types: ['thunder'] } }, 'invalid_config'],
    [{ transcription_config: undefined }, 'invalid_config'],
  ])('is refused with %j beside the config', (others, type) => {
    expect(refusal(() => start({}, others)).type).toBe(type);
  });
});

describe('SetRecognitionConfig', () => {
  const { transcription } = start({ operating_point: 'enhanced', max_delay: 2, enable_entities: true });

  it('changes what may be changed, and leaves the rest', () => {
    const changed = readChange({ max_delay: 1, enable_partials: true, language: 'en' }, transcription);
    expect(changed).toEqual({ ...transcription, max_delay: 1, enable_partials: true });
    expect(liveConfigOf(changed)).toMatchObject({ maxDelaySeconds: 1, hasPartials: true });
  });

  it('takes the whole config as it is', () => {
    expect(readChange({ ...transcription, max_delay: 3 }, transcription)).toMatchObject({ max_delay: 3 });
  });

  it.each([
    [{ language: 'de' }, /language cannot be changed/],
    [{ operating_point: 'standard' }, /operating_point cannot be changed/],
    [{ diarization: 'speaker' }, /diarization cannot be changed/],
    [{ max_delay: 'soon' }, /max_delay/],
  ])('is refused with %j', (change, reason) => {
    const refused = refusal(() => readChange(change, transcription));
    expect(refused).toEqual({ type: 'invalid_config', reason: expect.stringMatching(reason) });
  });
});
