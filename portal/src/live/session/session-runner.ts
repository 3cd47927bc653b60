import type { RealtimeClient, RealtimeServerMessage } from '@speechmatics/real-time-client-react';
import { asProblem, type Problem } from '../../api/problem.ts';
import type { AudioSource } from '../audio/audio-source.ts';
import { SoundGauge } from '../audio/sound-gauge.ts';
import { LiveFault, serverFault } from './live-fault.ts';
import { LiveRun } from './live-run.ts';
import type { SessionOptions } from './session-options.ts';

/** `starting`: from the press of Start until the server listens; `stopping`: until the last words have come. */
export type Phase = 'idle' | 'starting' | 'listening' | 'stopping';

export interface SessionState {
  readonly phase: Phase;
  /** Why the last session did not begin, or did not end by itself. */
  readonly fault?: LiveFault | Problem | undefined;
}

/** What the page that is drawn now gives a session to work with. */
export interface Surroundings {
  readonly client: RealtimeClient | undefined;
  /** Rejects with a `LiveFault` or a `Problem`. */
  readonly connect: (sampleRate: number, options: SessionOptions) => Promise<void>;
  readonly report: (state: SessionState) => void;
  /** The client waits for a server that is gone: another one is needed. */
  readonly onStuck: () => void;
}

/** A session at a time: opens the source, then the connection, and sends what the source hears. */
export class SessionRunner {
  readonly gauge = new SoundGauge();
  private around: Surroundings | undefined;
  private run: LiveRun | undefined;

  setSurroundings(around: Surroundings): void {
    this.around = around;
  }

  async start(source: AudioSource, options: SessionOptions): Promise<void> {
    const run = new LiveRun(source);
    this.run = run;
    this.gauge.reset();
    this.around?.report({ phase: 'starting' });
    try {
      await source.open();
      if (this.run !== run) return;
      await this.around?.connect(source.sampleRate, options);
      if (this.run !== run) return this.abandon();
      run.isHeard = true;
      this.around?.report({ phase: 'listening' });
      await source.begin({
        onAudio: (samples) => this.send(run, samples),
        onEnd: (cause) => void this.end(run, cause),
      });
    } catch (cause) {
      if (run.isHeard) await this.end(run, asFault(cause));
      else this.finish(run, cause);
    }
  }

  async stop(): Promise<void> {
    if (this.run !== undefined) await this.end(this.run);
  }

  /** A message of the server. */
  receive(data: RealtimeServerMessage): void {
    const { run } = this;
    if (run === undefined) return;
    if (data.message === 'AudioAdded') run.acknowledged(data.seq_no);
    if (data.message === 'Error') this.finish(run, serverFault(data));
    if (data.message === 'EndOfTranscript') this.finish(run, run.cause);
  }

  /** The connection is closed. While a session begins, `connect` hears of it as well, and may try again. */
  disconnected(): void {
    if (this.run?.isHeard) this.finish(this.run, new LiveFault('connection_lost'));
  }

  /** To be called now and then: a network can go without a word. */
  check(): void {
    if (this.run?.isUnanswered) this.giveUp(this.run, new LiveFault('connection_lost'));
  }

  /** The page is left. The provider of the client tells the server that the sound has ended. */
  leave(): void {
    this.run?.source.close();
    this.run = undefined;
  }

  private send(run: LiveRun, samples: Float32Array<ArrayBuffer>): void {
    const client = this.around?.client;
    // A source does not notice at once that the connection has ended.
    if (this.run !== run || client?.socketState !== 'open') return;
    client.sendAudio(samples);
    run.sent();
    this.gauge.measure(samples, run.source.sampleRate);
  }

  private async end(run: LiveRun, cause?: Error): Promise<void> {
    if (run.isEnding || this.run !== run) return;
    run.isEnding = true;
    run.cause = cause;
    this.around?.report({ phase: 'stopping' });
    // Hands on what it heard last, so before the end is told.
    run.source.close();
    try {
      await this.endOfTranscript();
    } catch (error) {
      this.giveUp(run, new LiveFault('no_answer', { cause: error }));
    }
  }

  private async endOfTranscript(): Promise<void> {
    await this.around?.client?.stopRecognition();
  }

  /** The page was left before the connection was open: nobody else would end this session. */
  private abandon(): void {
    if (this.around?.client?.socketState === 'open') void this.endOfTranscript().catch(() => undefined);
  }

  private giveUp(run: LiveRun, fault: LiveFault): void {
    if (this.run !== run) return;
    this.finish(run, fault);
    this.around?.onStuck();
  }

  private finish(run: LiveRun, cause?: unknown): void {
    if (this.run !== run) return;
    this.run = undefined;
    run.source.close();
    this.gauge.level = 0;
    this.around?.report({ phase: 'idle', fault: cause === undefined ? undefined : asFault(cause) });
  }
}

const asFault = (cause: unknown): LiveFault | Problem =>
  cause instanceof LiveFault ? cause : asProblem(cause);
