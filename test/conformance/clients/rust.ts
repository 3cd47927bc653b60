import type { Client } from './client.ts';
import {
  any,
  boolean,
  integer,
  list,
  mapOf,
  number,
  object,
  oneOf,
  picked,
  type Reader,
  text,
} from './reader.ts';

/** `speechmatics` 0.4 for Rust: serde structs. Types and enumerations are strict, unknown members are skipped. */
const serde = picked;

const jobType = oneOf('transcription', 'alignment');
const operatingPoint = oneOf('standard', 'enhanced');
const fetched = serde({ url: text }, { auth_headers: list(text) });
const tracking = serde({}, { title: text, reference: text, tags: list(text), details: any });
const outputConfig = serde(
  {},
  { srt_overrides: serde({}, { max_line_length: integer, max_lines: integer }) },
);

const transcriptionConfig = serde(
  { language: text },
  {
    domain: text,
    output_locale: text,
    operating_point: operatingPoint,
    additional_vocab: list(serde({ content: text }, { sounds_like: list(text) })),
    punctuation_overrides: serde({}, { sensitivity: number, permitted_marks: list(text) }),
    diarization: oneOf('none', 'speaker', 'channel'),
    channel_diarization_labels: list(text),
    enable_entities: boolean,
    max_delay_mode: oneOf('fixed', 'flexible'),
    speaker_diarization_config: serde({}, { speaker_sensitivity: number }),
  },
);

const alignmentConfig = serde({ language: text });

const jobConfig = serde(
  { type: jobType },
  {
    fetch_data: fetched,
    fetch_text: fetched,
    alignment_config: alignmentConfig,
    transcription_config: transcriptionConfig,
    notification_config: list(
      serde({ url: text }, { contents: list(text), method: oneOf('post', 'put'), auth_headers: list(text) }),
    ),
    tracking,
    output_config: outputConfig,
    translation_config: serde({ target_languages: list(text) }),
    language_identification_config: serde({}, { expected_languages: list(text) }),
    summarization_config: object,
  },
);

const jobDetails = serde(
  {
    created_at: text,
    data_name: text,
    id: text,
    status: oneOf('running', 'done', 'rejected', 'deleted', 'expired'),
  },
  {
    text_name: text,
    duration: integer,
    config: jobConfig,
    lang: text,
    errors: list(serde({ timestamp: text, message: text })),
  },
);

/** It knows words and punctuation; an entity is more than it can read. */
const result = serde(
  { start_time: number, end_time: number, type: oneOf('word', 'punctuation') },
  {
    channel: text,
    is_eos: boolean,
    alternatives: list(
      serde(
        { content: text, confidence: number, language: text },
        { display: serde({ direction: oneOf('ltr', 'rtl') }), speaker: text, tags: list(text) },
      ),
    ),
  },
);

const transcript: Reader = serde(
  {
    format: text,
    job: serde(
      { created_at: text, data_name: text, duration: integer, id: text },
      { text_name: text, tracking },
    ),
    metadata: serde(
      { created_at: text, type: jobType },
      {
        transcription_config: transcriptionConfig,
        alignment_config: alignmentConfig,
        output_config: outputConfig,
      },
    ),
    results: list(result),
  },
  { translations: mapOf(list(object)), summary: object },
);

const job = serde({ job: jobDetails });

export const rust: Client = {
  submitted: serde({ id: text }),
  job,
  jobs: serde({ jobs: list(jobDetails) }),
  deleted: job,
  transcript,
  query: {
    list: '?sm-sdk=rs-0.4.0&limit=100&include_deleted=true',
    transcript: '?sm-sdk=rs-0.4.0&format=json-v2',
    remove: '?sm-sdk=rs-0.4.0&force=true',
  },
};

const used = serde(
  { mode: oneOf('batch'), type: jobType, count: integer, duration_hrs: number },
  { language: text, operating_point: operatingPoint },
);
export const rustUsage: Reader = serde({
  since: text,
  until: text,
  summary: list(used),
  details: list(used),
});
