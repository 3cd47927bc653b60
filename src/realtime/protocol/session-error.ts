/** How the connection is closed after an Error message, by the type of the error (Speechmatics real-time API, "Errors"). */
export const CLOSE_OF_ERROR = {
  protocol_error: { code: 1003, reason: 'protocol_error' },
  invalid_message: { code: 1003, reason: 'protocol_error' },
  invalid_config: { code: 1003, reason: 'protocol_error' },
  invalid_audio_type: { code: 1003, reason: 'protocol_error' },
  invalid_model: { code: 4004, reason: 'invalid_model' },
  invalid_language: { code: 4004, reason: 'invalid_model' },
  not_authorised: { code: 4001, reason: 'not_authorised' },
  not_allowed: { code: 4003, reason: 'not_allowed' },
  quota_exceeded: { code: 4005, reason: 'quota_exceeded' },
  timelimit_exceeded: { code: 4006, reason: 'timelimit_exceeded' },
  job_error: { code: 4013, reason: 'job_error' },
  idle_timeout: { code: 1008, reason: 'policy_violation' },
  session_timeout: { code: 1008, reason: 'policy_violation' },
  unknown_error: { code: 1011, reason: 'internal_error' },
} as const;

interface Close {
  readonly code: number;
  readonly reason: string;
}

export type SessionErrorType = keyof typeof CLOSE_OF_ERROR;

/** Ends a session: the client is told by an Error message, then by the close that belongs to its type. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly type: SessionErrorType;
  /** How the connection is closed. */
  readonly close: Close;

  /** @param reason sentence for the client; official clients read it of every error */
  constructor(type: SessionErrorType, reason: string, options: { cause?: unknown; close?: Close } = {}) {
    super(reason, { cause: options.cause });
    this.type = type;
    this.close = options.close ?? CLOSE_OF_ERROR[type];
  }
}
