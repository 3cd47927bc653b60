import type { Warning } from '../protocol/server-message.ts';
import { SessionError } from '../protocol/session-error.ts';

export interface TimeLimits {
  /** From connecting to StartRecognition. */
  readonly startSeconds: number;
  /** Without audio. */
  readonly idleSeconds: number;
  /** From RecognitionStarted on. */
  readonly sessionSeconds: number;
}

const MINUTE_MS = 60_000;
/** Without any frame of the client, pongs included. */
const SILENT_MS = 3 * MINUTE_MS;

/** The clocks of one session (Speechmatics real-time API, "Session timeouts"). Time is an argument, in ms. */
export class Timeouts {
  /** When a frame of the client was last received. */
  lastFrameMs: number;
  private readonly startSeconds: number;
  private readonly connectedMs: number;
  private readonly idle: Countdown;
  private readonly session: Countdown;
  private startedMs: number | undefined;
  private lastAudioMs = 0;

  constructor({ startSeconds, idleSeconds, sessionSeconds }: TimeLimits, nowMs: number) {
    this.startSeconds = startSeconds;
    this.connectedMs = nowMs;
    this.lastFrameMs = nowMs;
    this.idle = new Countdown(
      'idle_timeout',
      idleSeconds,
      [15, 10, 5],
      'inactivity, no audio sent within the last',
    );
    this.session = new Countdown(
      'session_timeout',
      sessionSeconds,
      [45, 30, 15],
      'max duration, session has been active for',
    );
  }

  started(nowMs: number): void {
    this.startedMs = nowMs;
    this.lastAudioMs = nowMs;
  }

  audio(nowMs: number): void {
    this.lastAudioMs = nowMs;
    this.idle.restart();
  }

  /** What the client is to be warned of now. Throws the `SessionError` that ends the session when a time is over. */
  due(nowMs: number): Warning[] {
    if (nowMs - this.lastFrameMs >= SILENT_MS) {
      throw new SessionError('idle_timeout', 'nothing was received for 3 minutes, no audio and no pong');
    }
    if (this.startedMs !== undefined) {
      return [...this.idle.due(nowMs - this.lastAudioMs), ...this.session.due(nowMs - this.startedMs)];
    }
    if (nowMs - this.connectedMs < this.startSeconds * 1_000) return [];
    throw new SessionError('idle_timeout', `no StartRecognition within ${this.startSeconds} seconds`);
  }
}

/** Warns some minutes before a limit, once each, in the words of the service. */
class Countdown {
  private readonly type: 'idle_timeout' | 'session_timeout';
  private readonly limitMs: number;
  private readonly warnAt: readonly number[];
  private readonly cause: string;
  private warned = 0;

  constructor(
    type: 'idle_timeout' | 'session_timeout',
    limitSeconds: number,
    warnAt: readonly number[],
    cause: string,
  ) {
    this.type = type;
    this.limitMs = limitSeconds * 1_000;
    this.cause = cause;
    this.warnAt = warnAt.filter((before) => before * MINUTE_MS < this.limitMs);
  }

  restart(): void {
    this.warned = 0;
  }

  due(elapsedMs: number): Warning[] {
    const elapsed = Math.floor(elapsedMs / MINUTE_MS);
    if (elapsedMs >= this.limitMs)
      throw new SessionError(this.type, `timeout due to ${this.cause} ${elapsed}m`);
    const reached = this.warnAt.filter((before) => this.limitMs - elapsedMs <= before * MINUTE_MS);
    if (reached.length <= this.warned) return [];
    this.warned = reached.length;
    const reason = `Session will timeout in ${reached.at(-1)}m due to ${this.cause} ${elapsed}m`;
    return [{ message: 'Warning', type: this.type, reason }];
  }
}
