import { type Static, type TSchema, Type } from 'typebox';
import {
  additionalVocab,
  audioFiltering,
  punctuationOverrides,
  transcriptFiltering,
} from '../../transcripts/config-schema.ts';

/** Unlike in a job, what is not known is refused: a misspelt member would silently do nothing for hours. */
const closed = { additionalProperties: false };
const open = { additionalProperties: true };
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema);
const zeroToOne = () => Type.Number({ minimum: 0, maximum: 1 });

const AudioFormat = Type.Union([
  Type.Object({ type: Type.Literal('file') }, open),
  Type.Object(
    {
      type: Type.Literal('raw'),
      encoding: Type.Enum(['pcm_f32le', 'pcm_s16le', 'mulaw']),
      sample_rate: Type.Integer({ minimum: 1_000, maximum: 384_000 }),
    },
    open,
  ),
]);

/** What may be changed while a session runs (`SetRecognitionConfig`). */
const CHANGEABLE = {
  language: optional(Type.String({ minLength: 1, maxLength: 50 })),
  /** Seconds. Clients send more than the documented 4: it is brought into bounds. */
  max_delay: optional(Type.Number({ minimum: 0 })),
  max_delay_mode: optional(Type.Enum(['flexible', 'fixed'])),
  enable_partials: optional(Type.Boolean()),
  audio_filtering_config: optional(audioFiltering),
  conversation_config: optional(
    Type.Object(
      { end_of_utterance_silence_trigger: optional(Type.Number({ minimum: 0, maximum: 2 })) },
      closed,
    ),
  ),
};

const model = Type.Enum(['standard', 'enhanced', 'melia-1']);

const RealtimeConfig = Type.Object(
  {
    ...CHANGEABLE,
    language: Type.String({ minLength: 1, maxLength: 50 }),
    model: optional(model),
    operating_point: optional(model),
    domain: optional(Type.String()),
    output_locale: optional(Type.String({ minLength: 1 })),
    additional_vocab: optional(additionalVocab),
    diarization: optional(Type.Enum(['none', 'speaker', 'channel', 'channel_and_speaker'])),
    channel_diarization_labels: optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { uniqueItems: true, maxItems: 100 }),
    ),
    speaker_diarization_config: optional(
      Type.Object(
        {
          max_speakers: optional(Type.Number({ minimum: 2 })),
          speaker_sensitivity: optional(zeroToOne()),
          prefer_current_speaker: optional(Type.Boolean()),
          get_speakers: optional(Type.Boolean()),
          speakers: optional(Type.Array(Type.Object({}, open), { maxItems: 50 })),
        },
        closed,
      ),
    ),
    enable_entities: optional(Type.Boolean()),
    punctuation_overrides: optional(punctuationOverrides),
    transcript_filtering_config: optional(transcriptFiltering),
    // Of the service's own clients, without a meaning here.
    ctrl: optional(Type.Unknown()),
    streaming_mode: optional(Type.Unknown()),
  },
  closed,
);

/** The message that starts a session (Speechmatics real-time API, StartRecognition). */
export const StartSchema = Type.Object(
  {
    audio_format: optional(AudioFormat),
    transcription_config: RealtimeConfig,
    translation_config: optional(
      Type.Object(
        {
          target_languages: Type.Array(Type.String(), { maxItems: 5 }),
          enable_partials: optional(Type.Boolean()),
        },
        open,
      ),
    ),
    audio_events_config: optional(
      Type.Object({ types: optional(Type.Array(Type.Enum(['applause', 'laughter', 'music']))) }, open),
    ),
  },
  open,
);

export type Start = Static<typeof StartSchema>;
export type RealtimeConfig = Start['transcription_config'];
export type AudioFormat = NonNullable<Start['audio_format']>;

export const ChangeSchema = Type.Object(CHANGEABLE, open);
export type Change = Static<typeof ChangeSchema>;
