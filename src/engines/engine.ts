import type { Item } from '../transcripts/item.ts';

/** What an engine can do. A request that needs more is refused, never approximated. */
export interface Capabilities {
  /** ISO 639 codes, for example `['en']`. */
  readonly languages: readonly string[];
  /** It finds where the words of a given text are spoken: `alignText` is there. */
  readonly alignment?: boolean;
  /** It tells speakers apart: `speakerSensitivity` may be asked for. */
  readonly speakerDiarization?: boolean;
}

export interface RecognizeOptions {
  /** One of the engine's `capabilities.languages`. */
  readonly language: string;
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

/** A failure of the engine itself, not of the audio. `retryable`: another attempt may succeed. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly retryable: boolean;

  constructor(message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
  }
}
