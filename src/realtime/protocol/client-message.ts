import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { hasMoreValues, isNestedDeeper } from '../../base/nesting.ts';
import { withoutNulls } from '../../transcripts/without-nulls.ts';
import { SessionError } from './session-error.ts';

const message = <Name extends string, T extends Parameters<typeof Type.Object>[0]>(name: Name, members: T) =>
  Type.Object({ message: Type.Literal(name), ...members });
const anyObject = () => Type.Record(Type.String(), Type.Unknown());
const count = () => Type.Integer({ minimum: 0 });

/** What a client may say in a text frame; a binary frame is audio. Members not listed are tolerated. */
const SCHEMAS = {
  /** Its members have a reader of their own, `readStart`: what is wrong with them is an error of its own type. */
  StartRecognition: message('StartRecognition', {}),
  AddChannelAudio: message('AddChannelAudio', { channel: Type.String(), data: Type.String() }),
  /** `last_seq_no` is not to be relied on: of the official clients some count what they sent, some what was confirmed. */
  EndOfStream: message('EndOfStream', { last_seq_no: count() }),
  EndOfChannel: message('EndOfChannel', { channel: Type.String(), last_seq_no: count() }),
  /** `timestamp`: seconds from the start of the audio. */
  ForceEndOfUtterance: message('ForceEndOfUtterance', {
    channel: Type.Optional(Type.String()),
    timestamp: Type.Optional(Type.Number({ minimum: 0 })),
  }),
  SetRecognitionConfig: message('SetRecognitionConfig', { transcription_config: anyObject() }),
  GetSpeakers: message('GetSpeakers', { final: Type.Optional(Type.Boolean()) }),
} as const satisfies Record<string, TSchema>;

type Name = keyof typeof SCHEMAS;
export type ClientMessage = { [One in Name]: Static<(typeof SCHEMAS)[One]> }[Name];

const VALIDATORS = Object.fromEntries(
  Object.entries(SCHEMAS).map(([name, schema]) => [name, Compile(schema as TSchema)]),
) as unknown as Record<Name, ReturnType<typeof Compile<TSchema>>>;

/** Far beyond any real message, and far below where a reader of JSON runs out of stack. */
const MAX_DEPTH = 32;
/** More than a full list of words with their pronunciations. Millions would hold up everybody else for seconds. */
const MAX_VALUES = 20_000;

/** Reads a text frame; a null counts as absent. Throws `invalid_message`. */
export function readClientMessage(text: string): ClientMessage {
  const value = withoutNulls(parseObject(text));
  const { message: name } = value;
  if (typeof name !== 'string') throw invalid('the member "message" is missing');
  if (!Object.hasOwn(VALIDATORS, name)) throw invalid(`there is no message ${quoted(name)}`);
  const validator = VALIDATORS[name as Name];
  if (!validator.Check(value)) {
    const [first] = validator.Errors(value);
    throw invalid(`${name}: ${first ? complaint(first) : 'it is not as documented'}`);
  }
  return value as unknown as ClientMessage;
}

/** The first thing that is wrong with a value, by the path to it. */
export const complaint = ({
  instancePath,
  message: text,
}: {
  instancePath: string;
  message: string;
}): string =>
  `${quoted(instancePath.slice(1).replaceAll('/', '.') || 'it')} ${text}`.slice(0, MAX_REASON_LENGTH);

/** A reason may name what the client sent, which is as long as the client likes. */
const MAX_REASON_LENGTH = 200;

const quoted = (text: string): string => JSON.stringify(text.slice(0, 100));

function parseObject(text: string): Readonly<Record<string, unknown>> {
  if (hasMoreValues(text, MAX_VALUES)) throw invalid('it holds too many values');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('it is not a JSON object');
  }
  if (isNestedDeeper(value, MAX_DEPTH)) throw invalid('it is nested too deeply');
  return value as Readonly<Record<string, unknown>>;
}

const invalid = (reason: string): SessionError => new SessionError('invalid_message', reason);
