import type { Client } from './client.ts';
import {
  any,
  both,
  list,
  object,
  oneOf,
  picked,
  type Reader,
  struct,
  text,
  truthyText,
  Unreadable,
} from './reader.ts';

/**
 * `speechmatics-batch` 0.x for Python. Its answers are fed to data classes as keyword arguments: an unknown member is a
 * TypeError, a section that is null another; the types of members are not looked at.
 */
const dataclass = (required: readonly string[], optional: readonly string[] = []): Reader =>
  struct({ required: anything(required), optional: anything(optional), others: 'refused', nulls: 'absent' });
const anything = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, any]));

/** Its constructor refuses both names of the model at once. */
const oneModel: Reader = (value, path) => {
  const { model, operating_point } = value as Readonly<Record<string, unknown>>;
  if (model !== undefined && operating_point !== undefined && operating_point !== null)
    throw new Unreadable(`${path} has model and operating_point`);
};

const nested: Reader = struct({
  optional: {
    transcript_filtering_config: dataclass([], ['remove_disfluencies', 'replacements']),
    audio_filtering_config: dataclass([], ['volume_threshold']),
  },
  others: 'ignored',
  nulls: 'absent',
});

const TRANSCRIPTION = [
  ...['language', 'model', 'operating_point', 'output_locale', 'diarization', 'additional_vocab'],
  ...['punctuation_overrides', 'domain', 'enable_entities', 'speaker_diarization_config'],
  ...['channel_diarization_labels', 'enable_partials', 'max_delay', 'max_delay_mode'],
  ...['transcript_filtering_config', 'audio_filtering_config', 'language_hints', 'language_hints_strict'],
];

/** Sections that are there are unpacked at once: none may be null. */
const jobConfig: Reader = struct({
  required: { type: oneOf('transcription', 'alignment') },
  optional: {
    transcription_config: both(dataclass([], TRANSCRIPTION), oneModel, nested),
    alignment_config: dataclass(['language']),
    fetch_data: dataclass(['url'], ['auth_headers']),
    notification_config: list(dataclass(['url'], ['contents', 'auth_headers', 'method'])),
    tracking: dataclass([], ['title', 'reference', 'tags']),
    translation_config: dataclass(['target_languages'], ['enable_partials']),
    language_identification_config: dataclass([], ['expected_languages']),
    summarization_config: dataclass([], ['content_type', 'summary_length', 'summary_type']),
    sentiment_analysis_config: dataclass([], ['enable_sentiment']),
    topic_detection_config: dataclass([], ['topics']),
    auto_chapters_config: dataclass([], ['enable_chapters']),
    audio_events_config: dataclass([], ['types']),
    output_config: dataclass([], ['generate_lattice', 'srt_overrides']),
  },
  others: 'ignored',
  nulls: 'refused',
});

const jobDetails: Reader = picked(
  {
    id: truthyText,
    status: oneOf('running', 'done', 'rejected', 'deleted', 'expired'),
    created_at: text,
    data_name: text,
  },
  { config: jobConfig, errors: list(picked({ message: any, timestamp: any })) },
);

const alternatives = list(
  picked({ content: any, confidence: any, language: any }, { display: picked({ direction: any }) }),
);
const timed = { type: any, start_time: any, end_time: any };
const form = list(picked({ ...timed, alternatives }));

const transcript: Reader = picked(
  {
    format: any,
    job: picked({ id: any, created_at: any, data_name: any }),
    metadata: picked({ created_at: any, type: any }, { language_pack_info: object }),
    results: list(picked(timed, { alternatives, written_form: form, spoken_form: form })),
  },
  { speakers: list(picked({ label: any, speaker_identifiers: any })) },
);

const job: Reader = picked({ job: jobDetails });

export const python: Client = {
  submitted: picked({ id: truthyText }),
  job,
  jobs: picked({ jobs: list(jobDetails) }),
  deleted: job,
  transcript,
  query: { list: '?limit=100&created_after=2020-01-01T00:00:00Z', transcript: '', remove: '' },
};

/** Types that it parses as JSON; everything else is text to it. */
export const JSON_TYPES = ['application/json', 'application/vnd.speechmatics.v2+json'];
