import { SessionError } from '../protocol/session-error.ts';

interface Grant {
  /** Seconds that may be heard so far; `Infinity` where nothing limits them. */
  readonly grantedSeconds: number;
  /** Asks for more; the seconds granted in all. */
  readonly extend: () => Promise<number>;
  /** Of one session, by its temporary key. */
  readonly maxSeconds: number | undefined;
}

/** The audio of one session, all its channels together, counted as it is heard. */
export class AudioGrant {
  usedSeconds = 0;
  private readonly grant: Grant;
  private grantedSeconds: number;
  private extending: Promise<void> | undefined;

  constructor(grant: Grant) {
    this.grant = grant;
    this.grantedSeconds = grant.grantedSeconds;
  }

  /** Throws, or rejects, `session_timeout` or `timelimit_exceeded` when so much more may not be heard. */
  spend(seconds: number): Promise<void> | undefined {
    const { maxSeconds = Number.POSITIVE_INFINITY } = this.grant;
    if (this.usedSeconds + seconds > maxSeconds) {
      throw new SessionError('session_timeout', `the key allows ${maxSeconds} seconds of audio in a session`);
    }
    this.usedSeconds += seconds;
    return this.usedSeconds <= this.grantedSeconds ? undefined : this.extend();
  }

  private async extend(): Promise<void> {
    while (this.usedSeconds > this.grantedSeconds) {
      this.extending ??= this.ask().finally(() => {
        this.extending = undefined;
      });
      await this.extending;
    }
  }

  private async ask(): Promise<void> {
    const grantedSeconds = await this.grant.extend();
    if (grantedSeconds <= this.grantedSeconds) {
      throw new SessionError('timelimit_exceeded', 'Usage Quota Exceeded');
    }
    this.grantedSeconds = grantedSeconds;
  }
}
