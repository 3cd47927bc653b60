import type { Item } from '../transcripts/item.ts';

/** What an engine can do. A request that needs more is refused, never approximated. */
export interface Capabilities {
  /** ISO 639 codes, for example `['en']`. */
  readonly languages: readonly string[];
}

export interface RecognizeOptions {
  /** One of the engine's `capabilities.languages`. */
  readonly language: string;
}

/** Mono audio as float samples in [-1, 1] at 16 kHz, in chunks of any length. */
export type Audio = AsyncIterable<Float32Array>;

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
  close(): Promise<void>;
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
