import type { Logger } from '../base/log.ts';
import type { ProjectPrincipal } from '../identity/principal.ts';
import type { Standing } from '../identity/standing.ts';
import type { SessionLedger } from '../usage/sessions/ledger.ts';
import type { Places } from './places.ts';
import type { SessionError } from './protocol/session-error.ts';
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
}

/** What sessions are made of. */
export interface RealtimeDeps extends RecognitionDeps {
  readonly ledger: SessionLedger;
  readonly standing: Standing;
  readonly places: Places;
  readonly options: TimeLimits;
  readonly log: Logger;
}
