/** What the clients send as `config`, and which of them can read it back. */
export interface SentConfig {
  readonly config: Readonly<Record<string, unknown>>;
  readonly readBy: readonly ('python' | 'rust' | 'library')[];
  /** It asks for nothing that an engine could lack. */
  readonly isPlain?: true;
}

const EVERYBODY = ['python', 'rust', 'library'] as const;
const transcription = (members: object, more: object = {}) => ({
  type: 'transcription',
  transcription_config: { language: 'en', ...members },
  ...more,
});
const plain = (config: SentConfig['config'], readBy: SentConfig['readBy'] = EVERYBODY): SentConfig => ({
  config,
  readBy,
  isPlain: true,
});
const asking = (config: SentConfig['config'], readBy: SentConfig['readBy'] = EVERYBODY): SentConfig => ({
  config,
  readBy,
});

export const CONFIGS: Readonly<Record<string, SentConfig>> = {
  'of Rust by default': plain(transcription({})),
  'of Python by default': plain(transcription({ model: 'enhanced' })),
  'with the old name of the model': plain(transcription({ operating_point: 'standard' })),
  'with both names of the model': plain(transcription({ model: 'standard', operating_point: 'standard' })),
  'with all that is for real time': plain(
    transcription({ model: 'standard', enable_partials: false, max_delay: 2, max_delay_mode: 'flexible' }),
  ),
  'with features that are off': plain(transcription({ diarization: 'none', enable_entities: false })),
  'of the older library, with nulls': plain({
    ...transcription({ operating_point: 'enhanced', domain: null, punctuation_overrides: null }),
    notification_config: null,
    fetch_data: null,
    tracking: { title: null, reference: 'R-1', tags: ['b', null, 'a'] },
  }),
  'with its own labels': plain(transcription({}, { tracking: { title: 'T', reference: 'R', tags: ['x'] } })),
  // The Python client has no such member, and fails on it.
  'with details of tracking': plain(
    transcription({}, { tracking: { title: 'T', details: { a: [1, { b: 'c' }] } } }),
    ['rust', 'library'],
  ),
  'with subtitles of its own': plain(
    transcription({}, { output_config: { srt_overrides: { max_line_length: 20, max_lines: 1 } } }),
  ),
  'with a lattice': plain(transcription({}, { output_config: { generate_lattice: false } })),
  'with sections nobody knows': plain(transcription({}, { x_own: { kept: true }, fetch_texts: null })),

  'with callbacks': plain(
    transcription(
      {},
      {
        notification_config: [
          { url: 'https://nobody.invalid/', contents: ['jobinfo', 'transcript.txt'], method: 'put' },
          { url: 'https://nobody.invalid/?a=b', auth_headers: ['Authorization: Bearer x'] },
        ],
      },
    ),
  ),

  'with speakers': asking(transcription({ diarization: 'speaker' })),
  'with speakers, tuned': asking(
    transcription({ diarization: 'speaker', speaker_diarization_config: { speaker_sensitivity: 0.6 } }),
  ),
  'with channels': asking(
    transcription({ diarization: 'channel', channel_diarization_labels: ['Agent', 'Caller'] }),
  ),
  'with vocabulary': asking(
    transcription({ additional_vocab: [{ content: 'gnocchi', sounds_like: ['nyohki'] }] }),
  ),
  'with few marks': asking(
    transcription({ punctuation_overrides: { sensitivity: 0.4, permitted_marks: ['.', ','] } }),
  ),
  'with filters': asking(
    transcription({
      transcript_filtering_config: { remove_disfluencies: true, replacements: [{ from: 'one', to: '1' }] },
      audio_filtering_config: { volume_threshold: 1 },
    }),
  ),
  // Rust knows no result that is an entity.
  'with entities': asking(transcription({ enable_entities: true }), ['python', 'library']),
  'with hints': asking(transcription({ language_hints: ['en'], language_hints_strict: true })),
  'with translation': asking(
    transcription({}, { translation_config: { target_languages: ['de'], enable_partials: false } }),
  ),
  'with analytics of Python': asking(
    transcription(
      {},
      {
        summarization_config: { content_type: 'auto', summary_length: 'brief', summary_type: 'bullets' },
        sentiment_analysis_config: { enable_sentiment: true },
        topic_detection_config: { topics: ['x'] },
        auto_chapters_config: { enable_chapters: true },
      },
    ),
  ),
  'with events': asking(transcription({}, { audio_events_config: { types: ['music'] } })),
  'with any language': asking({
    ...transcription({ language: 'auto' }),
    language_identification_config: { expected_languages: ['en', 'de'] },
  }),
};
