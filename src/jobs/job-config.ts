import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { AppError } from '../errors/app-error.ts';
import { type FixedMembers, outsideLimit } from '../identity/temporary-keys/limits.ts';
import { withoutNulls } from '../transcripts/without-nulls.ts';
import type { JsonObject } from './job.ts';

/** Fields not listed are tolerated: official clients send some that no specification names. */
const open = { additionalProperties: true };
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema);
const model = Type.Enum(['standard', 'enhanced']);

/** The `config` part of a submission. */
export const JobConfigSchema = Type.Object(
  {
    type: Type.Literal('transcription'),
    transcription_config: Type.Object(
      {
        language: optional(Type.String({ minLength: 1, maxLength: 50 })),
        model: optional(model),
        operating_point: optional(model),
        diarization: optional(Type.String()),
        enable_entities: optional(Type.Boolean()),
      },
      open,
    ),
    tracking: optional(
      Type.Object(
        {
          title: optional(Type.String()),
          reference: optional(Type.String()),
          tags: optional(Type.Array(Type.String())),
          details: optional(Type.Object({}, open)),
        },
        open,
      ),
    ),
    output_config: optional(
      Type.Object(
        {
          srt_overrides: optional(
            Type.Object(
              {
                max_line_length: optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
                max_lines: optional(Type.Integer({ minimum: 1, maximum: 100 })),
              },
              open,
            ),
          ),
        },
        open,
      ),
    ),
  },
  open,
);

export type JobConfig = Static<typeof JobConfigSchema>;

const validator = Compile(JobConfigSchema);

/** Fields that ask for work no engine here does yet; leaving them out in silence would fake a result. */
const UNAVAILABLE_SECTIONS = [
  'fetch_data',
  'fetch_text',
  'alignment_config',
  'notification_config',
  'translation_config',
  'language_identification_config',
  'summarization_config',
  'sentiment_analysis_config',
  'topic_detection_config',
  'auto_chapters_config',
  'audio_events_config',
] as const;

const UNAVAILABLE_TRANSCRIPTION = [
  'domain',
  'output_locale',
  'additional_vocab',
  'punctuation_overrides',
  'channel_diarization_labels',
  'audio_filtering_config',
  'transcript_filtering_config',
  'speaker_diarization_config',
  'language_hints',
] as const;

/** Far beyond any real config, and far below where a reader of JSON runs out of stack. */
const MAX_DEPTH = 32;

export interface ParsedJobConfig {
  /** What was sent, minus nulls; echoed to the client and nothing added but what is locked. */
  readonly echo: JsonObject;
  readonly language: string;
}

/**
 * Reads the JSON text of a submission's config. Throws `job_rejected` when it is not what the schema says,
 * `no_language`, and `product_not_available` for a language or feature that cannot be had here.
 * @param languages what the engine understands
 * @param lock members of transcription_config with the only value they may have: absent ones get it, another value
 *   is `forbidden`
 */
export function parseJobConfig(
  text: string,
  languages: readonly string[],
  lock: FixedMembers = {},
): ParsedJobConfig {
  const echo = withLocked(withoutNulls(parseObject(text)), lock);
  const language = languageOf(validate(echo), languages);
  refuseUnavailable(echo);
  return { echo, language };
}

/** The old and the new name of one member: who fixes one has fixed the other. */
const OTHER_NAME: Readonly<Record<string, string>> = { model: 'operating_point', operating_point: 'model' };

function withLocked(config: JsonObject, lock: FixedMembers): JsonObject {
  const { transcription_config: sent } = config;
  // Anything but an object is refused by the schema.
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return config;
  for (const [member, value] of Object.entries(lock)) {
    for (const name of [member, OTHER_NAME[member] ?? member]) {
      if (Object.hasOwn(sent, name) && (sent as JsonObject)[name] !== value) {
        throw outsideLimit('lock', `this key does not let transcription_config.${name} be chosen`);
      }
    }
  }
  return { ...config, transcription_config: { ...sent, ...lock } };
}

function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('it is not an object');
  const fault = faultOf(value, MAX_DEPTH);
  if (fault) throw invalid(fault);
  return value as JsonObject;
}

/** What could not be stored and echoed as it was sent. */
function faultOf(value: unknown, levels: number): string | undefined {
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
    return 'a number is too large';
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return `it is nested more than ${MAX_DEPTH} levels deep`;
  for (const member of Object.values(value)) {
    const fault = faultOf(member, levels - 1);
    if (fault) return fault;
  }
  return undefined;
}

function validate(config: JsonObject): JobConfig {
  if (!validator.Check(config)) {
    const [first] = validator.Errors(config);
    throw invalid(first && `${first.instancePath.slice(1).replaceAll('/', '.') || 'it'} ${first.message}`);
  }
  const { model, operating_point } = config.transcription_config;
  if (model !== undefined && operating_point !== undefined && model !== operating_point) {
    throw invalid('model and operating_point differ; operating_point is the old name of model');
  }
  return config;
}

/** The model that a valid config asks for, by whichever name. */
export function modelOf({ transcription_config }: JsonObject): 'standard' | 'enhanced' {
  const { model, operating_point } = transcription_config as JobConfig['transcription_config'];
  return model ?? operating_point ?? 'standard';
}

const invalid = (reason?: string): AppError =>
  new AppError('job_rejected', {
    detail: reason ? `Job config JSON is invalid. Error: ${reason}` : 'Job config JSON is invalid',
  });

function languageOf(config: JobConfig, languages: readonly string[]): string {
  const { language } = config.transcription_config;
  if (language === undefined) {
    throw new AppError('no_language', { detail: 'transcription_config.language is required' });
  }
  if (!languages.includes(language)) throw unavailable(`the language ${JSON.stringify(language)}`);
  return language;
}

function refuseUnavailable(config: JsonObject): void {
  const section = UNAVAILABLE_SECTIONS.find((name) => config[name] !== undefined);
  if (section) throw unavailable(section);
  const transcription = config.transcription_config as JsonObject;
  const field = UNAVAILABLE_TRANSCRIPTION.find((name) => transcription[name] !== undefined);
  if (field) throw unavailable(`transcription_config.${field}`);
  if (transcription.enable_entities === true) throw unavailable('transcription_config.enable_entities');
  const diarization = transcription.diarization;
  if (diarization !== undefined && diarization !== 'none') {
    throw unavailable(`diarization ${JSON.stringify(diarization)}`);
  }
}

const unavailable = (what: string): AppError =>
  new AppError('product_not_available', { detail: `no installed engine offers ${what.slice(0, 100)}` });
