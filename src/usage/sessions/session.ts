/** A real-time session that is asked for. */
export interface NewSession {
  readonly environment: string;
  readonly sessionId: string;
  readonly workspaceId: string;
  readonly projectId: number;
  readonly apiKeyId: string;
  readonly clientRef: string | null;
  /** Absent with an API key. */
  readonly token?: SessionToken;
}

/** The temporary key a session is opened with, and the limits of it that are counted. Absent: no limit. */
export interface SessionToken {
  readonly tokenId: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** In all. */
  readonly maxSessions?: number;
  /** At a time. */
  readonly maxConcurrent?: number;
  /** Of all sessions together. */
  readonly audioSeconds?: number;
}

/** `credential_over`: revoked, expired or ended since it was presented. Only `too_many_sessions` passes by waiting. */
export type Refused = 'credential_over' | 'sessions_used_up' | 'audio_used_up' | 'too_many_sessions';

/** The sessions of the workspace in the environment. */
interface Slots {
  /** Open now, with this one if it is admitted. 0 for `credential_over`. */
  readonly running: number;
  /** How many may be open at once. 0 for `credential_over`. */
  readonly quota: number;
}

export interface Admitted extends Slots {
  readonly admitted: true;
  /** Seconds of audio it may have before it asks for more; infinite when nothing limits the audio. */
  readonly grantedSeconds: number;
}

export interface NotAdmitted extends Slots {
  readonly admitted: false;
  readonly refused: Refused;
}

export type Admission = Admitted | NotAdmitted;

/** What a session has used, of which language and model. */
export interface SessionUsage {
  readonly language: string;
  readonly operatingPoint: string;
  readonly audioSeconds: number;
}
