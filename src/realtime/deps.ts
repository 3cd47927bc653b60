import type { Logger } from '../base/log.ts';
import type { Span, Tracer } from '../base/span.ts';
import type { ProjectPrincipal } from '../identity/principal.ts';
import type { Standing } from '../identity/standing.ts';
import type { SessionLedger } from '../usage/sessions/ledger.ts';
import type { Places } from './places.ts';
import { CLOSE_OF_ERROR, type SessionError, type SessionErrorType } from './protocol/session-error.ts';
import type { RecognitionDeps } from './recognition/recognition.ts';
import type { TimeLimits } from './session/timeouts.ts';

/** Who opened a connection, and to what. */
export interface Caller {
  readonly principal: ProjectPrincipal;
  readonly requestId: string;
  readonly environment: { readonly name: string; readonly region: string };
  /** Why the session cannot be, to be told in the session: a genuine key that may not. */
  readonly refusal?: SessionError;
  /** The language that the path names. */
  readonly language?: string;
  /** What the client says it is, for example `rust-0.4.0`. */
  readonly sdk?: string;
  /** `traceparent`, of a caller who is trusted with it. */
  readonly traceParent?: string;
  /** Follows the session. */
  readonly span?: Span;
}

/** How a session ended: all was said, the client left before that, or the error that ended it. */
export type SessionEnd = 'completed' | 'client_left' | SessionErrorType;

export const SESSION_ENDS: readonly SessionEnd[] = [
  'completed',
  'client_left',
  ...(Object.keys(CLOSE_OF_ERROR) as SessionErrorType[]),
];

/** What happens to sessions on this node, told to whoever counts. */
export interface SessionEvents {
  /** A client is connected. */
  opened(): void;
  /** Recognition has started. */
  started(): void;
  /** So much audio was heard, of all channels together. */
  heard(audioSeconds: number): void;
  ended(end: SessionEnd): void;
}

/** What sessions are made of. */
export interface RealtimeDeps extends RecognitionDeps {
  readonly ledger: SessionLedger;
  readonly standing: Standing;
  readonly places: Places;
  readonly options: TimeLimits;
  readonly log: Logger;
  readonly events?: SessionEvents;
  readonly tracer?: Tracer;
}
