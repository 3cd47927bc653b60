import { type Capabilities, EngineError } from '../engine.ts';

/** A server that speaks the Speechmatics real-time API and does the recognition. Plain data: it travels to another process. */
export interface Upstream {
  /** `ws://` or `wss://`, with the path, for example `ws://transcriber:9000/v2`. */
  readonly url: string;
  /** Sent as bearer token. */
  readonly token?: string;
  /** Certificates the upstream's may be signed by, PEM, in place of the well-known ones. */
  readonly ca?: string;
  /** ISO 639 codes it is asked for. */
  readonly languages: readonly string[];
}

/** How long the upstream is waited for. */
export interface Limits {
  /** From connecting to RecognitionStarted. */
  readonly startMs: number;
  /** For a recording: while the upstream is down, or has no place. */
  readonly placeMs: number;
  /** Without any message, when it owes one. */
  readonly answerMs: number;
}

/** Starting may take 15 s (Speechmatics real-time API, "Custom dictionary"); official clients wait a minute for answers. */
export const LIMITS: Limits = { startMs: 15_000, placeMs: 120_000, answerMs: 60_000 };

/** What the upstream is believed to do: it is not asked. Throws `EngineError` without one. */
export function capabilitiesOf(upstream: Upstream | undefined): Capabilities {
  if (!upstream) throw new EngineError('the engine needs to know its upstream', { retryable: false });
  return { languages: upstream.languages, live: true };
}
