import type { Update } from '../../engines/engine.ts';
import { Session, type SessionOptions, type SessionWork } from './session.ts';

export const START = {
  message: 'StartRecognition',
  audio_format: { type: 'file' },
  transcription_config: { language: 'en' },
};
const OPTIONS: SessionOptions = {
  offer: { languages: ['en'] },
  limits: { startSeconds: 60, idleSeconds: 3_600, sessionSeconds: 172_800 },
};

type Sent = { readonly message: string } & Record<string, unknown>;

/** A session whose messages, work and time a test holds in its hands. */
export class Bench {
  readonly sent: Sent[] = [];
  readonly work: unknown[][] = [];
  nowMs = 0;
  readonly session: Session;

  constructor(options: Partial<SessionOptions> = {}) {
    const note =
      (name: string) =>
      (...given: unknown[]) =>
        void this.work.push([name, ...given]);
    const work: SessionWork = {
      send: (message) => void this.sent.push(JSON.parse(JSON.stringify(message))),
      start: note('start'),
      audio: note('audio'),
      endAudio: note('endAudio'),
      request: note('request'),
      close: note('close'),
    };
    this.session = new Session(work, { ...OPTIONS, ...options }, 0);
  }

  says(message: unknown): void {
    this.session.text(typeof message === 'string' ? message : JSON.stringify(message), this.nowMs);
  }

  sends(length = 1): void {
    this.session.audio(new Uint8Array(length), this.nowMs);
  }

  /** Up to RecognitionStarted. */
  started(config: object = {}, start: object = {}): this {
    this.says({ ...START, transcription_config: { language: 'en', ...config }, ...start });
    this.begin();
    return this;
  }

  begin(): void {
    this.session.begin({ id: 'an-id', orchestratorVersion: 'test', infos: [] }, this.nowMs);
  }

  hears(update: Partial<Update> = {}, channel = 0): void {
    const nothing = { finals: [], finalSeconds: 0, partials: [], heardSeconds: 0 };
    this.session.heard(channel, { ...nothing, ...update });
  }

  passes(ms: number): void {
    this.nowMs += ms;
    this.session.frame(this.nowMs);
    this.session.tick(this.nowMs);
  }

  get names(): string[] {
    return this.sent.map(({ message }) => message);
  }

  /** What was sent since the last look. */
  take(): Sent[] {
    return this.sent.splice(0);
  }

  of(name: string): Sent[] {
    return this.sent.filter(({ message }) => message === name);
  }
}

/** The work that closes a connection after an Error. */
export const ended = (code: number, reason: string) => ['close', code, reason, 0];
