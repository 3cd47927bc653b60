import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { SAMPLE_RATE } from '../../audio/sample-rate.ts';
import type { ListenOptions } from '../engine.ts';
import { unreadable } from './failures.ts';

const optional = Type.Optional;
const message = <Name extends string, T extends Parameters<typeof Type.Object>[0]>(name: Name, members: T) =>
  Type.Object({ message: Type.Literal(name), ...members });

/** Times are seconds from the start of the audio. */
const part = {
  type: Type.String(),
  start_time: Type.Number(),
  end_time: Type.Number(),
  is_eos: optional(Type.Boolean()),
  /** The best first. */
  alternatives: optional(
    Type.Array(
      Type.Object({
        content: Type.String(),
        confidence: Type.Number(),
        tags: optional(Type.Array(Type.String())),
      }),
    ),
  ),
};
const Part = Type.Object(part);
/** A word, a mark, or an entity with the words it was said in. */
const Result = Type.Object({ ...part, spoken_form: optional(Type.Array(Part)) });
const transcript = {
  metadata: Type.Object({ end_time: Type.Number() }),
  results: Type.Array(Result),
  /** It answers ForceEndOfUtterance; older upstreams do not say so. */
  forced: optional(Type.Boolean()),
};

/** What an upstream says that matters here (Speechmatics real-time API, "API reference"); the rest is not looked at. */
const SCHEMAS = {
  RecognitionStarted: message('RecognitionStarted', {}),
  AudioAdded: message('AudioAdded', { seq_no: Type.Integer() }),
  AddTranscript: message('AddTranscript', transcript),
  AddPartialTranscript: message('AddPartialTranscript', transcript),
  EndOfUtterance: message('EndOfUtterance', {
    metadata: Type.Object({ end_time: Type.Number() }),
    forced: optional(Type.Boolean()),
  }),
  EndOfTranscript: message('EndOfTranscript', {}),
  Error: message('Error', { type: Type.String() }),
} as const satisfies Record<string, TSchema>;

type Name = keyof typeof SCHEMAS;
export type UpstreamMessage = { [One in Name]: Static<(typeof SCHEMAS)[One]> }[Name];
export type Transcript = Static<typeof SCHEMAS.AddTranscript | typeof SCHEMAS.AddPartialTranscript>;
export type EndOfUtterance = Static<typeof SCHEMAS.EndOfUtterance>;
export type Result = Static<typeof Result>;
export type Part = Static<typeof Part>;

const VALIDATORS = new Map(
  Object.entries(SCHEMAS).map(([name, schema]) => [name, Compile(schema as TSchema)] as const),
);

/** Reads a message; those that do not matter are `undefined`. Throws `EngineError`. */
export function readMessage(text: string): UpstreamMessage | undefined {
  const value = parse(text);
  const name = String((value as { message?: unknown } | null)?.message);
  const validator = VALIDATORS.get(name);
  if (!validator) return undefined;
  if (!validator.Check(value)) throw unreadable(name);
  return value as UpstreamMessage;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable('no JSON');
  }
}

/**
 * Audio is sent as `toPcm` makes it. No entities: they are found here, in the words that were said. The model goes by its
 * older name, which every server of the protocol knows.
 */
export const startRecognition = (options: ListenOptions) => ({
  message: 'StartRecognition',
  audio_format: { type: 'raw', encoding: 'pcm_s16le', sample_rate: SAMPLE_RATE },
  transcription_config: { ...liveConfig(options), operating_point: options.model, enable_entities: false },
});

export const setRecognitionConfig = (options: ListenOptions) => ({
  message: 'SetRecognitionConfig',
  transcription_config: liveConfig(options),
});

/** `flexible` delays would hold a number that is being said for longer than was asked for. */
const liveConfig = ({ language, maxDelaySeconds, hasPartials, silenceSeconds }: ListenOptions) => ({
  language,
  max_delay: maxDelaySeconds,
  max_delay_mode: 'fixed',
  enable_partials: hasPartials,
  conversation_config: { end_of_utterance_silence_trigger: silenceSeconds },
});
