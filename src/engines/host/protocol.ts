import type { Item } from '../../transcripts/item.ts';
import type { Capabilities, ListenOptions, LiveRequest, RecognizeOptions, Update } from '../engine.ts';
import type { EngineSpec } from '../registry.ts';

/** What a call is about. */
export type Task =
  | { readonly type: 'recognize'; readonly options: RecognizeOptions }
  | { readonly type: 'align'; readonly options: RecognizeOptions; readonly words: readonly string[] }
  | { readonly type: 'listen'; readonly options: ListenOptions };

/** What it reads. */
export type Part = Float32Array | LiveRequest;

/** What it gives: updates when it listens, else items. */
export type Output = Item | Update;

/**
 * Messages between the server and an engine process. Both directions are pulled: the server asks for one
 * item at a time (`next`), the engine asks for one chunk of audio at a time (`pull`), so neither side ever
 * buffers. `call` numbers the recordings in progress.
 */
export type ToChild =
  /** First message: which engine to be. Answered by `ready` or `load_failed`. */
  | { readonly type: 'load'; readonly spec: EngineSpec }
  | { readonly type: 'open'; readonly call: number; readonly task: Task }
  /** Answered by `item`, `end` or `failed`. */
  | { readonly type: 'next'; readonly call: number }
  /** Answer to `pull`; without a chunk the audio is over. */
  | { readonly type: 'audio'; readonly call: number; readonly chunk: Part | undefined }
  /** Answered by `stopped`. */
  | { readonly type: 'stop'; readonly call: number };

export type FromChild =
  | { readonly type: 'ready'; readonly version: string; readonly capabilities: Capabilities }
  | { readonly type: 'load_failed'; readonly message: string }
  | { readonly type: 'pull'; readonly call: number }
  /** The next `pull` is for the first chunk again. */
  | { readonly type: 'rewind'; readonly call: number }
  | { readonly type: 'item'; readonly call: number; readonly item: Output }
  | { readonly type: 'end'; readonly call: number }
  | { readonly type: 'stopped'; readonly call: number }
  | {
      readonly type: 'failed';
      readonly call: number;
      readonly message: string;
      readonly retryable: boolean;
    };
