import type { EntityClass, Item, Tag } from './item.ts';
import { withoutNulls } from './without-nulls.ts';

type JsonObject = Readonly<Record<string, unknown>>;

interface Alternative {
  /** Probability in [0, 1], two decimals. */
  readonly confidence: number;
  readonly content: string;
  readonly language: string;
  /** In a job `UU` (unknown) where speakers were not told apart; absent where channels were. */
  readonly speaker?: string;
  readonly tags?: readonly Tag[];
}

/** Times of results are seconds from the start of the audio, two decimals. */
interface Timed {
  readonly alternatives: readonly [Alternative];
  /** Where channels were told apart. */
  readonly channel?: string;
  readonly end_time: number;
  readonly start_time: number;
  /** In [0, 100], two decimals; where it was measured. */
  readonly volume?: number;
}

export interface WordResult extends Timed {
  readonly type: 'word';
}

/** A mark that stands at the end of the word before it: `start_time` equals `end_time`. */
export interface PunctuationResult extends Timed {
  readonly attaches_to: 'previous';
  readonly is_eos: boolean;
  readonly type: 'punctuation';
}

/** Only where the job asks for entities: its content is what the words of `written_form` say together. */
export interface EntityResult extends Timed {
  readonly entity_class: EntityClass;
  readonly spoken_form: readonly (WordResult | PunctuationResult)[];
  readonly type: 'entity';
  readonly written_form: readonly WordResult[];
}

export type Result = WordResult | PunctuationResult | EntityResult;

/** The json-v2 transcript, format 2.9, as it is stored and sent. It holds no null. */
export interface JsonV2 {
  readonly format: '2.9';
  readonly job: {
    /** ISO 8601, UTC, milliseconds. */
    readonly created_at: string;
    readonly data_name: string;
    /** Whole seconds of audio. */
    readonly duration: number;
    readonly id: string;
    readonly tracking?: JsonObject;
  };
  readonly metadata: {
    /** ISO 8601, UTC, microseconds. */
    readonly created_at: string;
    readonly language_pack_info: {
      readonly adapted: boolean;
      readonly itn: boolean;
      readonly language_description: string;
      readonly word_delimiter: string;
      readonly writing_direction: WritingDirection;
    };
    readonly orchestrator_version: string;
    readonly output_config?: JsonObject;
    readonly transcription_config: JsonObject;
    readonly type: 'transcription';
  };
  readonly results: readonly Result[];
}

export type WritingDirection = 'left-to-right' | 'right-to-left';

export interface JsonV2Input {
  readonly job: {
    readonly id: string;
    readonly createdAt: Date;
    readonly dataName: string;
    /** An integer. */
    readonly durationSeconds: number;
    readonly tracking?: JsonObject | undefined;
  };
  /** When the transcript was made. */
  readonly createdAt: Date;
  /** As submitted; echoed without its nulls and without added defaults. */
  readonly transcriptionConfig: JsonObject;
  /** Lists of what could not be made beside the transcript, by their member of `metadata`. */
  readonly addOnErrors?: JsonObject;
  /** As submitted; echoed without its nulls. */
  readonly outputConfig?: JsonObject | undefined;
  /** ISO 639 code of every word. */
  readonly language: string;
  readonly languagePack: {
    /** English name of the language, for example `English`. */
    readonly languageDescription: string;
    /** What stands between two words: a space, or nothing for languages written without. */
    readonly wordDelimiter: string;
    readonly writingDirection: WritingDirection;
  };
  readonly orchestratorVersion: string;
  /** Per channel in spoken order, one channel after the other: a punctuation mark follows its word. */
  readonly items: readonly Item[];
}

/**
 * Builds the transcript of a finished job. Words are sorted by start, then by descending end, both after
 * rounding. A mark directly follows its word and stands at that word's end, even where the next word starts
 * at the same instant. Throws `TypeError` for a duration that is not whole and for times or confidences that
 * are not finite (JSON would print them as null), `RangeError` for an invalid date.
 */
export function printJsonV2(input: JsonV2Input): JsonV2 {
  return {
    format: '2.9',
    job: printJob(input.job),
    metadata: printMetadata(input),
    results: printResults(input.items, { language: input.language, unknownSpeaker: 'UU' }),
  };
}

function printJob(job: JsonV2Input['job']): JsonV2['job'] {
  if (!Number.isInteger(job.durationSeconds)) throw new TypeError('durationSeconds must be an integer');
  return {
    created_at: job.createdAt.toISOString(),
    data_name: job.dataName,
    duration: job.durationSeconds,
    id: job.id,
    ...(job.tracking && { tracking: withoutNulls(job.tracking) }),
  };
}

function printMetadata(input: JsonV2Input): JsonV2['metadata'] {
  return {
    created_at: input.createdAt.toISOString().replace('Z', '000Z'),
    language_pack_info: {
      adapted: false,
      itn: false,
      language_description: input.languagePack.languageDescription,
      word_delimiter: input.languagePack.wordDelimiter,
      writing_direction: input.languagePack.writingDirection,
    },
    orchestrator_version: input.orchestratorVersion,
    ...(input.outputConfig && { output_config: withoutNulls(input.outputConfig) }),
    transcription_config: withoutNulls(input.transcriptionConfig),
    ...input.addOnErrors,
    type: 'transcription',
  };
}

interface ResultOptions {
  /** ISO 639 code of every word. */
  readonly language: string;
  /** How a speaker is called who was not told apart; absent: not at all. */
  readonly unknownSpeaker?: string;
}

/** Words sorted by start, then by descending end; each mark follows its word. Throws as `printJsonV2` does. */
export function printResults(items: readonly Item[], options: ResultOptions): Result[] {
  // A word and its marks are sorted as one: alone, a mark would move behind a word that starts where it stands.
  const leadingMarks: Result[] = [];
  const groups: [Result, ...Result[]][] = [];
  for (const item of items) {
    const group = groups.at(-1);
    if (item.type !== 'punctuation') groups.push([printWordOrEntity(item, options)]);
    else if (group && group[0].channel === item.channel)
      group.push(printMark(item, options, group[0].end_time));
    else leadingMarks.push(printMark(item, options, roundTo2(item.startSeconds)));
  }
  groups.sort(([a], [b]) => a.start_time - b.start_time || b.end_time - a.end_time);
  return [...leadingMarks, ...groups.flat()];
}

function printWordOrEntity(item: Item, options: ResultOptions): WordResult | EntityResult {
  const { entity } = item;
  if (!entity) return printWord(item, options);
  return {
    ...printTimed(item, options),
    entity_class: entity.class,
    spoken_form: entity.spoken.map((part) =>
      part.type === 'punctuation'
        ? printMark(part, options, roundTo2(part.startSeconds))
        : printWord(part, options),
    ),
    type: 'entity',
    written_form: entity.written.map((part) => printWord(part, options)),
  };
}

function printWord(item: Item, options: ResultOptions): WordResult {
  return { ...printTimed(item, options), type: 'word' };
}

function printMark(item: Item, options: ResultOptions, atSeconds: number): PunctuationResult {
  return {
    ...printTimed(item, options),
    attaches_to: 'previous',
    end_time: atSeconds,
    is_eos: item.isEndOfSentence ?? false,
    start_time: atSeconds,
    type: 'punctuation',
  };
}

function printTimed(item: Item, options: ResultOptions): Timed {
  const { channel, volume, tags = [] } = item;
  const { language, unknownSpeaker } = options;
  const speaker = channel === undefined ? (item.speaker ?? unknownSpeaker) : undefined;
  return {
    alternatives: [
      {
        confidence: roundTo2(item.confidence),
        content: item.content,
        language,
        ...(speaker !== undefined && { speaker }),
        ...(tags.length > 0 && { tags }),
      },
    ],
    ...(channel !== undefined && { channel }),
    end_time: roundTo2(item.endSeconds),
    start_time: roundTo2(item.startSeconds),
    ...(volume !== undefined && { volume: roundTo2(volume) }),
  };
}

function roundTo2(value: number): number {
  if (!Number.isFinite(value)) throw new TypeError(`Not a finite number: ${value}`);
  return Math.round(value * 100) / 100;
}
