import type { Item } from '../transcripts/item.ts';

/** What an engine can do. A request that needs more is refused, never approximated. */
export interface Capabilities {
  /** ISO 639 codes, for example `['en']`. */
  readonly languages: readonly string[];
  /** It finds where the words of a given text are spoken: `alignText` is there. */
  readonly alignment?: boolean;
  /** It tells speakers apart: `speakerSensitivity` may be asked for. */
  readonly speakerDiarization?: boolean;
  /** It listens while somebody speaks: `listen` is there. */
  readonly live?: boolean;
}

export interface RecognizeOptions {
  /** One of the engine's `capabilities.languages`. */
  readonly language: string;
  /** `standard` or `enhanced`, as was asked for; an engine with one model takes that. */
  readonly model?: string;
  /** Asks who speaks each item, in [0, 1]; more finds more speakers. Items then come at the end of the audio. */
  readonly speakerSensitivity?: number;
}

/** Mono audio as float samples in [-1, 1] at 16 kHz, in chunks of any length. */
export type Audio = AsyncIterable<Float32Array>;

/** A recording and what is said in it, according to somebody else. */
export interface SpokenText {
  /** The same recording from its start, at each call; one is read at a time. */
  readonly openAudio: () => Audio;
  readonly words: readonly string[];
}

export interface ListenOptions {
  /** One of the engine's `capabilities.languages`. */
  readonly language: string;
  /** `standard` or `enhanced`, as was asked for; an engine with one model takes that. */
  readonly model?: string;
  /** A word is final so long after its end, at most, as far as the engine keeps up. */
  readonly maxDelaySeconds: number;
  /** Whether `partials` are wanted. */
  readonly hasPartials: boolean;
  /** So much silence after speech ends an utterance; 0: none does. */
  readonly silenceSeconds: number;
}

/** A place in live audio at which something is asked for. */
export type LiveRequest =
  /** All audio up to here is to be final at once, and an utterance ends. */
  { readonly type: 'end_utterance' } | { readonly type: 'change'; readonly options: ListenOptions };

/** As `Audio`, as it comes, with requests in their places. */
export type LiveAudio = AsyncIterable<Float32Array | LiveRequest>;

/** What was heard since the update before. Times are seconds from the start of the audio. */
export interface Update {
  /** What follows the finals before; never taken back. */
  readonly finals: readonly Item[];
  /** All audio up to here is final; never goes back. */
  readonly finalSeconds: number;
  /** The guess at what follows, in place of the one before. */
  readonly partials: readonly Item[];
  /** All audio up to here was heard. */
  readonly heardSeconds: number;
  /** An utterance ends with these finals. */
  readonly utteranceEnd?: 'silence' | 'request';
}

/** Speech recognition behind one contract; `engine.contract.ts` is the suite every implementation passes. */
export interface Engine {
  readonly name: string;
  readonly version: string;
  readonly capabilities: Capabilities;
  /**
   * Recognises a whole recording. Items arrive in time order, as soon as each segment is final; silence
   * yields none. Audio is pulled as it is needed, so memory stays flat with its length.
   * Throws `EngineError`, or the signal's reason once it is aborted.
   */
  recognizeFile(audio: Audio, options: RecognizeOptions, signal: AbortSignal): AsyncIterable<Item>;
  /**
   * Finds where the words of a text are spoken: one word item for each, in their order, its content as it was
   * given. Times never go back. A word that is not heard stands between its neighbours, with confidence 0.
   * Throws as `recognizeFile` does.
   */
  alignText?(text: SpokenText, options: RecognizeOptions, signal: AbortSignal): AsyncIterable<Item>;
  /**
   * Recognises speech while it is spoken; at the end of the audio all of it is final. Each request to end an utterance
   * is answered by one update. Throws as `recognizeFile` does.
   */
  listen?(audio: LiveAudio, options: ListenOptions, signal: AbortSignal): AsyncIterable<Update>;
  close(): Promise<void>;
}

/** Calls `alignText` of any engine. Throws `EngineError` when it has none. */
export function alignText(
  engine: Engine,
  ...call: Parameters<NonNullable<Engine['alignText']>>
): AsyncIterable<Item> {
  if (engine.alignText) return engine.alignText(...call);
  throw new EngineError('the engine aligns no text', { retryable: false });
}

/** Calls `listen` of any engine. Throws `EngineError` when it has none. */
export function listen(
  engine: Engine,
  ...call: Parameters<NonNullable<Engine['listen']>>
): AsyncIterable<Update> {
  if (engine.listen) return engine.listen(...call);
  throw new EngineError('the engine does not listen', { retryable: false });
}

/** A failure of the engine itself, not of the audio. `retryable`: another attempt may succeed. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly retryable: boolean;

  constructor(message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
  }
}
