import { type Static, type TSchema, Type } from 'typebox';
import {
  additionalVocab,
  audioFiltering,
  punctuationOverrides,
  transcriptFiltering,
} from '../../transcripts/config-schema.ts';

/** Members not listed are tolerated: official clients send some that no specification names. */
const open = { additionalProperties: true };
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema);
const object = <T extends Parameters<typeof Type.Object>[0]>(members: T) =>
  optional(Type.Object(members, open));
const texts = (bounds = {}) => Type.Array(Type.String(), bounds);

const model = Type.Enum(['standard', 'enhanced', 'melia-1']);
const language = Type.String({ minLength: 1, maxLength: 50 });
const zeroToOne = Type.Number({ minimum: 0, maximum: 1 });

/** A file to be fetched: each header as `Name: value`. */
const fetched = object({
  url: Type.String({ minLength: 1, maxLength: 8_192 }),
  auth_headers: optional(texts({ maxItems: 100 })),
});

/** What a callback may bring. One example of the manual writes the format after a colon. */
export const CONTENTS = [
  'jobinfo',
  'transcript',
  'transcript.json-v2',
  'transcript.txt',
  'transcript.srt',
  'data',
  'text',
  'alignment',
  'alignment.word_start_and_end',
  'alignment.one_per_line',
] as const;
const content = Type.Enum([...CONTENTS, 'transcript:json-v2', 'transcript:txt', 'transcript:srt'] as const);

const TranscriptionConfig = object({
  language: optional(language),
  model: optional(model),
  operating_point: optional(model),
  domain: optional(Type.String()),
  output_locale: optional(Type.String()),
  additional_vocab: optional(additionalVocab),
  punctuation_overrides: optional(punctuationOverrides),
  diarization: optional(Type.Enum(['none', 'speaker', 'channel'])),
  channel_diarization_labels: optional(
    Type.Array(Type.String({ pattern: '^[A-Za-z0-9._]+$', maxLength: 100 }), { maxItems: 100 }),
  ),
  enable_entities: optional(Type.Boolean()),
  audio_filtering_config: optional(audioFiltering),
  transcript_filtering_config: optional(transcriptFiltering),
  speaker_diarization_config: object({
    speaker_sensitivity: optional(zeroToOne),
    prefer_current_speaker: optional(Type.Boolean()),
    get_speakers: optional(Type.Boolean()),
    speakers: optional(
      Type.Array(
        Type.Object(
          {
            label: Type.String({ minLength: 1, maxLength: 100 }),
            speaker_identifiers: texts({ minItems: 1, uniqueItems: true }),
          },
          open,
        ),
      ),
    ),
  }),
  language_hints: optional(texts()),
});

/** The `config` part of a submission (Speechmatics Batch API, JobConfig). */
export const JobConfigSchema = Type.Object(
  {
    type: Type.Enum(['transcription', 'alignment']),
    fetch_data: fetched,
    fetch_text: fetched,
    transcription_config: TranscriptionConfig,
    alignment_config: object({ language: optional(language) }),
    notification_config: optional(
      Type.Array(
        Type.Object(
          {
            url: Type.String({ minLength: 1, maxLength: 8_192 }),
            contents: optional(Type.Array(content, { uniqueItems: true })),
            method: optional(Type.Enum(['post', 'put'])),
            auth_headers: optional(texts({ maxItems: 100 })),
          },
          open,
        ),
        { maxItems: 3 },
      ),
    ),
    tracking: object({
      title: optional(Type.String()),
      reference: optional(Type.String()),
      tags: optional(texts()),
      details: object({}),
    }),
    output_config: object({
      srt_overrides: object({
        max_line_length: optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
        max_lines: optional(Type.Integer({ minimum: 1, maximum: 100 })),
      }),
    }),
    translation_config: object({ target_languages: Type.Array(language, { maxItems: 5 }) }),
    language_identification_config: object({
      expected_languages: optional(Type.Array(language)),
      low_confidence_action: optional(Type.Enum(['allow', 'reject', 'use_default_language'])),
      default_language: optional(language),
    }),
    summarization_config: object({
      content_type: optional(Type.Enum(['auto', 'informative', 'conversational'])),
      summary_length: optional(Type.Enum(['brief', 'detailed'])),
      summary_type: optional(Type.Enum(['paragraphs', 'bullets'])),
    }),
    sentiment_analysis_config: object({}),
    topic_detection_config: object({ topics: optional(texts()) }),
    auto_chapters_config: object({}),
    audio_events_config: object({
      types: optional(Type.Array(Type.Enum(['applause', 'laughter', 'music']))),
    }),
  },
  open,
);

export type JobConfig = Static<typeof JobConfigSchema>;
export type TranscriptionConfig = NonNullable<JobConfig['transcription_config']>;
