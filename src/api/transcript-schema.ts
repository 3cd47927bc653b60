import { Type } from 'typebox';
import { isoMilliseconds } from './responses.ts';

const seconds = Type.Number({ minimum: 0, description: 'Seconds from the start of the audio.' });

const Alternative = Type.Object({
  content: Type.String(),
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
  language: Type.String(),
  speaker: Type.Optional(Type.String()),
  tags: Type.Optional(Type.Array(Type.String())),
});

const timed = {
  start_time: seconds,
  end_time: seconds,
  alternatives: Type.Array(Alternative, { minItems: 1 }),
};
const Form = Type.Object({ type: Type.Enum(['word', 'punctuation']), ...timed });

const Result = Type.Object({
  type: Type.Enum(['word', 'punctuation', 'entity']),
  ...timed,
  channel: Type.Optional(Type.String()),
  volume: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
  is_eos: Type.Optional(Type.Boolean({ description: 'The mark ends a sentence.' })),
  attaches_to: Type.Optional(Type.Enum(['previous', 'next', 'both', 'none'])),
  entity_class: Type.Optional(Type.String()),
  spoken_form: Type.Optional(Type.Array(Form)),
  written_form: Type.Optional(Type.Array(Form)),
});

/** json-v2, as the Batch API documents it. */
export const TranscriptSchema = Type.Object({
  format: Type.String({ pattern: '^2\\.[0-9]+$' }),
  job: Type.Object({
    id: Type.String(),
    created_at: isoMilliseconds,
    data_name: Type.String(),
    duration: Type.Integer({ minimum: 0, description: 'Length of the audio in seconds.' }),
    text_name: Type.Optional(Type.String()),
    tracking: Type.Optional(Type.Object({})),
  }),
  metadata: Type.Object({
    created_at: Type.String({ format: 'date-time', description: 'RFC 3339, UTC, microseconds.' }),
    type: Type.Enum(['transcription', 'alignment']),
    transcription_config: Type.Optional(Type.Object({}, { description: 'As submitted.' })),
    output_config: Type.Optional(Type.Object({}, { description: 'As submitted.' })),
    language_pack_info: Type.Optional(Type.Object({})),
    orchestrator_version: Type.Optional(Type.String()),
  }),
  results: Type.Array(Result),
});
